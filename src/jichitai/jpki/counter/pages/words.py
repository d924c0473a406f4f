"""The counter's values in the words of its pages."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypeGuard

from jichitai.jpki.clocks import last_day
from jichitai.jpki.counter import documents
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import ApplicationRefusedError
from jichitai.jpki.counter.model import RECEIVERS, ChipState, Stage
from jichitai.jpki.counter.store import CertificateRow, ChipRow, Writing
from jichitai.jpki.kinds import Cause, CertificateKind, Reason
from jichitai.web.components import Colour, FieldError, FieldErrors, NavItem, Option, Status, Step

_STAGES: Final[Mapping[Stage, tuple[Colour, str]]] = {
    Stage.OPEN: ("blue", "端末でカードに書き込むのを待っています"),
    Stage.WAITING: ("blue", "電子証明書の発行を認証局に申請しました"),
    Stage.ANSWERED: ("blue", "電子証明書が届き、端末が書き込んでいます"),
    Stage.REFUSED: ("red", "認証局が発行を断りました"),
    Stage.WRITTEN: ("yellow", "書き込んだカードを、本人に渡していません"),
    Stage.FAILED: ("red", "カードに書き込めませんでした"),
    Stage.HANDED_OVER: ("green", "カードを渡しました"),
    Stage.GIVEN_UP: ("grey", "手続を取りやめました"),
}
_CHIPS: Final[Mapping[ChipState, tuple[Colour, str]]] = {
    ChipState.WRITTEN: ("yellow", "書き込みましたが、まだ渡していません"),
    ChipState.HANDED_OVER: ("green", "本人が使えます"),
    ChipState.SUSPENDED: (
        "orange",
        "紛失の届出で止めています。電子証明書の一時停止は解除できません",
    ),
    ChipState.LAPSED: ("grey", "使えなくなったカードです"),
}
_CAUSES: Final[Mapping[Cause, str]] = {
    Cause.REQUEST: "本人の申請",
    Cause.KEY_LEAK: "鍵の漏えい・カードの故障",
    Cause.LOSS: "紛失・盗難",
    Cause.CHANGED: "氏名・住所などの変更",
    Cause.DELETED: "住民票の消除（死亡など）",
    Cause.MOVED_OUT: "転出による住所の変更",
    Cause.NOT_MOVED_IN: "転出予定日から30日たっても転入届がない",
    Cause.RECORDING_ERROR: "記録の誤り",
    Cause.AUTHORITY_LEAK: "認証局の鍵の漏えい",
    Cause.RENEWED: "更新",
    Cause.NOT_HANDED_OVER: "交付前の廃棄",
    Cause.CARD_LAPSED: "カードの廃止・返納",
}
KINDS: Final = tuple(
    Option(kind.value, kind.japanese)
    for kind in (CertificateKind.USER_AUTH, CertificateKind.SIGNING)
)
CASES: Final = tuple(Option(case.value, case.japanese) for case in Case)


def stage_status(stage: Stage) -> Status:
    """The chip of a writing's stage."""
    colour, meaning = _STAGES[stage]
    return Status(stage.japanese, colour, meaning)


def chip_status(row: ChipRow) -> Status:
    """The chip of a card's state."""
    colour, meaning = _CHIPS[row.status]
    return Status(row.status.japanese, colour, meaning)


def certificate_status(row: CertificateRow, today: date) -> Status:
    """The chip of a certificate: in force, on hold, ended, or run out."""
    if row.state == "held":
        return Status("一時停止", "orange", Reason.HOLD.japanese)
    if row.state == "revoked":
        return Status("失効", "grey", Reason(row.reason).japanese if row.reason else "")
    if row.not_after is not None and last_day(row.not_after) < today:
        return Status("期限切れ", "grey", "有効期間が過ぎました")
    return Status("有効", "green")


def cause_word(cause: str | None) -> str:
    """Why a certificate ended, in words."""
    return _CAUSES[Cause(cause)] if cause else ""


def kinds_word(kinds: Iterable[str]) -> str:
    """Names of certificates."""
    return "、".join(CertificateKind(kind).japanese for kind in kinds)


def documents_word(ids: Iterable[str], on: date) -> str:
    """Names of documents."""
    names = {document.id: document.name for document in documents.documents(on)}
    return "、".join(names.get(one, one) for one in ids)


def document_options(on: date) -> list[Option]:
    """Documents that can be chosen."""
    return [Option(one.id, f"{one.group}　{one.name}") for one in documents.documents(on)]


def reason_options(on: date) -> list[Option]:
    """Reasons for an agent."""
    return [Option(one.id, one.name) for one in documents.agent_reasons(on)]


def reason_word(reason: str | None, on: date) -> str:
    """The agent's reason in words."""
    return next((one.name for one in documents.agent_reasons(on) if one.id == reason), "")


_STEPS: Final = ("申請と本人確認", "カードへの書込み", "交付")


def starting_steps() -> list[Step]:
    """The steps while the form is filled in."""
    first, *others = _STEPS
    return [Step(first, "current", current=True), *(Step(label, "waiting") for label in others)]


def steps_of(stage: Stage) -> list[Step]:
    """The three steps of an application that was taken."""
    applied, writing, handing = _STEPS
    done = Step(applied, "done")
    if stage is Stage.HANDED_OVER:
        return [done, Step(writing, "done"), Step(handing, "done", current=True)]
    if stage is Stage.WRITTEN:
        return [done, Step(writing, "done"), Step(handing, "current", current=True)]
    failed = stage in {Stage.REFUSED, Stage.FAILED, Stage.GIVEN_UP}
    now = Step(writing, "error" if failed else "current", current=True)
    return [done, now, Step(handing, "waiting")]


def errors_of(messages: Mapping[str, str]) -> FieldErrors:
    """Errors of a form."""
    return FieldErrors(tuple(FieldError(name, text) for name, text in messages.items()))


def person_tabs(resident_id: object, household_id: object) -> list[NavItem]:
    """Views of one person; the first three are the register's."""
    base = f"/counter/residents/{resident_id}"
    return [
        NavItem("現在", base, key="1"),
        NavItem("世帯", f"/counter/households/{household_id}", key="2"),
        NavItem("履歴", f"{base}/history", key="3"),
        NavItem("カード", f"{base}/card", current=True, key="4"),
    ]


def receivers(writing: Writing) -> list[Option]:
    """Who may receive the card: those who were checked."""
    case = Case(writing.applicant_case)
    agent = "法定代理人" if case is Case.REPRESENTATIVE else "代理人"
    known = (Option("holder", "本人"), Option("agent", agent))
    return [option for option in known if option.value in RECEIVERS[case]]


def fields_of(refusal: ApplicationRefusedError) -> dict[str, str]:
    """Name of the field -> what is wrong with it."""
    fields = refusal.facts.get("fields")
    return {str(name): str(text) for name, text in fields.items()} if _is_map(fields) else {}


def _is_map(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)
