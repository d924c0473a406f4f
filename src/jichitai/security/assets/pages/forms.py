"""Forms of systems, segments, links and the model: what was typed, and what it says."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from litestar import Request

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.security.assets.errors import AssetRefusedError
from jichitai.security.assets.model.drafts import (
    End,
    LinkDraft,
    ModelDraft,
    SegmentDraft,
    SystemDraft,
)
from jichitai.security.assets.model.kinds import (
    OWN_AREAS,
    Answer,
    Area,
    Confidentiality,
    Form,
    Limit,
    Route,
    Sanitising,
    SegmentUse,
)
from jichitai.security.assets.model.picture import Picture, refuse
from jichitai.security.guideline.model import NetworkModel
from jichitai.security.organs import Organ
from jichitai.web.components import FieldErrors, Option

_REF: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
E = TypeVar("E", bound=StrEnum)
Typed = dict[str, Any]


def options(kinds: Sequence[Any]) -> list[Option]:
    """Choices of a closed set."""
    return [Option(str(one), one.japanese) for one in kinds]


CHOICES: Final[Mapping[str, list[Option]]] = {
    "areas": options(tuple(Area)),
    "own_areas": options(OWN_AREAS),
    "confidentialities": [
        Option("3A", "3A（極秘・秘）"),
        Option("3B", "3B（漏れると重大な影響）"),
        Option("3C", "3C（公開しない前提）"),
        Option("2", "2（すぐには公開しない）"),
        Option("1", "1（それ以外）"),
    ],
    "two_or_one": [Option("2", "2"), Option("1", "1")],
    "forms": options(tuple(Form)),
    "answers": options(tuple(Answer)),
    "organs": options(tuple(Organ)),
    "uses": options(tuple(SegmentUse)),
    "routes": options(tuple(Route)),
    "sanitisings": options(tuple(Sanitising)),
    "limits": options(tuple(Limit)),
    "models": options(tuple(NetworkModel)),
}


UNSEEN: Final = dict.fromkeys(
    (
        "ismap",
        "own_keys",
        "two_factor",
        "no_media",
        "screen_conditions",
        "encrypted",
        "wireless_conditions",
        "edr",
        "detection",
        "organisation",
        "access_control",
    ),
    Answer.UNKNOWN.value,
)
"""Answers of an empty form: nobody has looked yet."""


async def typed_of(request: Request[Any, Any, Any], *many: str) -> Typed:
    """What was sent; fields in `many` as lists."""
    sent = await request.form()
    typed: Typed = {name: str(value)[:2_000] for name, value in sent.items()}
    for name in many:
        typed[name] = [str(value) for value in sent.getall(name, [])][:20]
    return typed


def revision_of(typed: Mapping[str, Any]) -> int:
    """The revision that a form was opened at."""
    text = str(typed.get("revision", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def errors_of(refusal: AssetRefusedError) -> FieldErrors:
    """The refusal by field."""
    fields: Any = refusal.facts.get("fields") or {"": refusal.detail}
    return FieldErrors.of(fields)


class Reader:
    """Reads a form field by field and keeps what is wrong."""

    def __init__(self, typed: Mapping[str, Any]) -> None:
        """Begin with what was typed."""
        self._typed = typed
        self.wrong: dict[str, str] = {}

    def text(self, name: str, label: str, *, longest: int = 80, needed: bool = False) -> str:
        """A line of text."""
        value = " ".join(_CONTROL.sub(" ", str(self._typed.get(name, ""))).split())
        if needed and not value:
            self.wrong[name] = f"{label}がありません。入力してください。"
        elif len(value) > longest:
            self.wrong[name] = (
                f"{label}が{longest}文字を超えています（{len(value)}文字）。短くしてください。"
            )
        return value

    def one(self, name: str, label: str, kinds: type[E]) -> E:
        """One of a closed set."""
        try:
            return kinds(self._typed.get(name, ""))
        except ValueError:
            self.wrong[name] = f"{label}が選ばれていません。一覧から選んでください。"
            return next(iter(kinds))

    def maybe(self, name: str, kinds: type[E]) -> E | None:
        """One of a closed set, or none."""
        try:
            return kinds(self._typed.get(name, ""))
        except ValueError:
            return None

    def two_or_one(self, name: str, label: str) -> Literal["2", "1"]:
        """A rating of two grades."""
        value = self._typed.get(name, "")
        if value not in {"2", "1"}:
            self.wrong[name] = f"{label}が選ばれていません。2か1を選んでください。"
        return "1" if value == "1" else "2"

    def answer(self, name: str) -> Answer:
        """Yes, no, or unknown when nothing was chosen."""
        return self.maybe(name, Answer) or Answer.UNKNOWN

    def day(self, name: str, label: str, *, needed: bool = False) -> date | None:
        """A day in any usual form."""
        value = str(self._typed.get(name, "")).strip()
        if not value:
            if needed:
                self.wrong[name] = f"{label}がありません。R8.4.1 のように入力してください。"
            return None
        try:
            return parse_date(value)
        except InvalidError:
            self.wrong[name] = (
                f"{label}「{value[:20]}」は日付として読めません。R8.4.1 か 2026-04-01 のように入力してください。"
            )
            return None

    def uuid(self, name: str) -> UUID | None:
        """An id, or none."""
        try:
            return UUID(str(self._typed.get(name, "")))
        except ValueError:
            return None


def system_of(typed: Mapping[str, Any]) -> SystemDraft:
    """A system as it was typed.

    Raises:
        AssetRefusedError: with a sentence for each field that is wrong.
    """
    form = Reader(typed)
    area = form.one("area", "領域", Area)
    draft = SystemDraft(
        name=form.text("name", "システムの名前", needed=True) or "?",
        area=area,
        treated_as=form.maybe("treated_as", Area) if area is Area.CLOUD else None,
        handles_mynumber=typed.get("handles_mynumber") == "1",
        confidentiality=form.one("confidentiality", "機密性", Confidentiality),
        integrity=form.two_or_one("integrity", "完全性"),
        availability=form.two_or_one("availability", "可用性"),
        form=form.one("form", "形態", Form),
        cloud_name=form.text("cloud_name", "クラウドの名称"),
        ismap=form.answer("ismap"),
        own_keys=form.answer("own_keys"),
        two_factor=form.answer("two_factor"),
        no_media=form.answer("no_media"),
        vendor=form.text("vendor", "事業者"),
        organ=form.one("organ", "管理する機関", Organ),
        section=form.text("section", "担当課"),
        segment_id=form.uuid("segment_id"),
        started_on=form.day("started_on", "利用開始日"),
        note=form.text("note", "備考", longest=400),
    )
    refuse(form.wrong)
    return draft


def segment_of(typed: Mapping[str, Any]) -> SegmentDraft:
    """A segment as it was typed.

    Raises:
        AssetRefusedError: with a sentence for each field that is wrong.
    """
    form = Reader(typed)
    draft = SegmentDraft(
        name=form.text("name", "区画の名前", needed=True) or "?",
        area=form.one("area", "領域", Area),
        use=form.one("use", "用途", SegmentUse),
        wireless=typed.get("wireless") == "1",
        wireless_conditions=form.answer("wireless_conditions"),
        range=form.text("range", "アドレスの範囲"),
        note=form.text("note", "備考", longest=400),
    )
    refuse(form.wrong)
    return draft


def link_of(typed: Mapping[str, Any]) -> LinkDraft:
    """A link as it was typed.

    Raises:
        AssetRefusedError: with a sentence for each field that is wrong.
    """
    form = Reader(typed)
    one, other = _end(form, typed, "one"), _end(form, typed, "other")
    draft = LinkDraft(
        one=one,
        other=other,
        purpose=form.text("purpose", "通信の目的", needed=True) or "?",
        route=form.one("route", "経路", Route),
        limits=tuple(one for one in Limit if one in typed.get("limits", [])),
        sanitising=form.one("sanitising", "無害化の方式", Sanitising),
        screen_conditions=form.answer("screen_conditions"),
        encrypted=form.answer("encrypted"),
        approval=form.text("approval", "許可の決定番号"),
        until=form.day("until", "許可の期限"),
        note=form.text("note", "備考", longest=400),
    )
    refuse(form.wrong)
    return draft


def _end(form: Reader, typed: Mapping[str, Any], name: str) -> End:
    kind, _, ref = str(typed.get(name, "")).partition(":")
    if kind not in {"system", "segment", "partner"} or not _REF.fullmatch(ref):
        form.wrong[name] = "接続先が選ばれていません。一覧から選んでください。"
        return End(kind="partner", ref="?")
    return End(kind=kind, ref=ref)  # type: ignore[arg-type]


def model_of(typed: Mapping[str, Any]) -> ModelDraft:
    """The network model as it was typed.

    Raises:
        AssetRefusedError: with a sentence for each field that is wrong.
    """
    form = Reader(typed)
    since = form.day("since", "いつから", needed=True)
    draft = ModelDraft(
        model=form.one("model", "モデル", NetworkModel),
        since=since or date.min,
        edr=form.answer("edr"),
        detection=form.answer("detection"),
        organisation=form.answer("organisation"),
        access_control=form.answer("access_control"),
        audited_on=form.day("audited_on", "外部監査の日"),
        reported_on=form.day("reported_on", "J-LISへの報告の日"),
        reason=form.text("reason", "理由", longest=400),
    )
    refuse(form.wrong)
    return draft


def fill(draft: SystemDraft | SegmentDraft | LinkDraft | ModelDraft) -> Typed:
    """What stands in the form of something that is registered."""
    filled: Typed = {}
    for name in draft.__struct_fields__:
        value = getattr(draft, name)
        if isinstance(value, End):
            filled[name] = f"{value.kind}:{value.ref}"
        elif isinstance(value, tuple):
            filled[name] = [str(one) for one in value]
        elif isinstance(value, bool):
            filled[name] = "1" if value else ""
        else:
            filled[name] = "" if value is None else str(value)
    return filled


def ends(picture: Picture) -> list[Option]:
    """What a link may end at: systems, segments, partners."""
    return [
        *(
            Option(f"system:{one.id}", f"{one.draft.area.japanese}：{one.label}")
            for one in picture.systems
        ),
        *(
            Option(f"segment:{one.id}", f"{one.draft.area.japanese}：区画 {one.draft.name}")
            for one in picture.segments
        ),
        *(
            Option(f"partner:{one.code}", f"団体の外：{one.name}")
            for one in picture.partners.values()
        ),
    ]
