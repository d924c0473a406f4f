"""One body: its 21 systems, the changes of its target dates, its costs, whom to call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Template

from jichitai.correspondence.store.contacts import Contact
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import wareki
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.costs import Comparison
from jichitai.standardisation.progress.model import (
    STEPS,
    UNKNOWN,
    Dataset,
    MeasureKind,
    Rate,
    StepState,
)
from jichitai.standardisation.progress.reports import DeadlineClass
from jichitai.standardisation.progress.results import BodyView, Slip, SystemView
from jichitai.standardisation.progress.scope import Answer
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import AnyRequest
from jichitai.standardisation.views.offices import offices
from jichitai.standardisation.views.pages.setting import (
    asked_at,
    crumbs,
    prefecture_name,
    setting,
)
from jichitai.standardisation.views.places import Place, address
from jichitai.standardisation.views.reasons import reason_name
from jichitai.standardisation.views.words import Cell, fill_of
from jichitai.web.components import Column, Crumb, Fact, Status
from jichitai.web.formats import date_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock

_OPEN: Final = (
    Column("name", "業務", head=True),
    Column("runs", "対象"),
    Column("steps", "終わったステップ", align="end"),
    Column("status", "状況"),
    Column("late", "期限"),
    Column("reason", "間に合わない理由"),
    Column("target", "目標日"),
)
_TERMS: Final = (
    Column("name", "業務", head=True),
    Column("cloud", "ガバメントクラウド"),
    Column("vendor", "事業者", wide=True),
    Column("contract", "契約", wide=True),
    Column("risks", "リスク", wide=True),
)
SLIPS: Final = (
    Column("on", "時点"),
    Column("business", "業務", head=True),
    Column("before", "前の目標日"),
    Column("after", "新しい目標日"),
    Column("moved", "動いた月数", align="end"),
    Column("reason", "理由", wide=True),
)
_COSTS: Final = (
    Column("item", "項目", head=True),
    Column("before", "平成30年度（2018年度）", align="end"),
    Column("after", "移行後", align="end"),
)
NO_SLIPS: Final = (
    "公表された資料には目標日がありません。調査の回答で目標日が変わると、ここに残ります。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    """A system of the body."""

    name: str
    runs: str
    steps: Cell
    status: Status | str
    late: Status | str
    reason: str
    target: object
    cloud: str
    vendor: str
    contract: str
    risks: str

    @classmethod
    def of(cls, one: SystemView) -> "SystemRow":
        """The line of a system."""
        return cls(
            name=one.business.name,
            runs=one.runs.japanese,
            steps=_steps(one),
            status=_status(one),
            late=_deadline(one),
            reason=reason_name(one.reason_class) if one.late else "—",
            target=date_text(one.target_on, short=True)
            if one.target_on
            else (UNKNOWN if one.late else "—"),
            cloud=one.cloud.japanese,
            vendor=one.vendor or "—",
            contract=one.contract or "—",
            risks=one.risks or "—",
        )


def _steps(one: SystemView) -> Cell:
    if one.runs is Answer.NO:
        return Cell("none", "対象外")
    if one.done is None:
        return Cell("none", UNKNOWN)
    rate = Rate(one.done, STEPS)
    return Cell(fill_of(MeasureKind.STEPS, rate), f"{one.done}／{STEPS}", rate.text)


def _status(one: SystemView) -> Status | str:
    if one.runs is Answer.NO or one.done is None:
        return "—"
    if one.done == STEPS:
        return Status("全ステップ完了", "green")
    if one.states:
        working = one.states.count(StepState.WORKING)
        if not one.done and not working:
            return Status("未着手", "grey")
        return Status(f"作業中 {working}ステップ", "blue")
    return Status("途中", "blue", "どのステップが終わったかは公表されていない")


def _deadline(one: SystemView) -> Status | str:
    if one.runs is Answer.NO:
        return "—"
    if one.late:
        return Status("特定移行支援", "orange", "期限までの移行が困難とされたシステム")
    if one.deadline_class is DeadlineClass.UNDECIDED:
        return Status("検討中", "yellow")
    return UNKNOWN if one.late is None else "該当しない"


def left_out(systems: Sequence[SystemView]) -> list[str]:
    """Businesses that the body does not run, or nobody knows of, with the reason told once."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in systems:
        if one.runs is not Answer.YES:
            key = (one.runs.japanese, one.runs_reason)
            found.setdefault(key, []).append(one.business.name)
    return [f"{word}：{'、'.join(names)}（{why}）" for (word, why), names in found.items()]


def _told(one: SystemView) -> bool:
    return bool(one.vendor or one.contract or one.risks or one.cloud)


def slip_row(one: Slip) -> dict[str, object]:
    """A change of a target date; nothing of the earlier date is lost."""
    months = one.months
    moved = "—" if months is None else f"{months:+,}か月" if months else "0か月"
    return {
        "on": date_text(one.as_of, short=True),
        "business": one.business.name,
        "before": date_text(one.before, short=True) if one.before else "—（最初の目標日）",
        "after": date_text(one.target_on, short=True) if one.target_on else "未定",
        "moved": moved,
        "reason": one.reason or "—",
    }


async def body_page(request: AnyRequest, code: FromPath[str], db: Db, clock: LawClock) -> Template:
    """One body, for the ministry and for the public."""
    place, asked = asked_at(request, clock.today())
    tabular.known_body(code)
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        found = await one_body(tx, code, **asked.times)
        contact = (await offices(tx, [code])).get(code) if place.inside else None
    used = [one for one in (found.steps_from, found.late_from) if one is not None]
    context = {
        **setting(request, place, asked, [one for one in known if one in used] or known),
        **body_values(found, place),
        "contact": _contact(contact),
        "actions": _actions(place, asked.values, found.body),
        "crumbs": crumbs(
            place,
            asked,
            Crumb(
                prefecture_name(found.body.prefecture_code),
                address(place.area(found.body.prefecture_code), asked.values),
            ),
            Crumb(found.body.name),
        ),
    }
    return page(request, "standardisation/body.html", context)


def body_values(found: BodyView, place: Place) -> dict[str, Any]:
    """What the page of a body shows of its progress."""
    return {
        "body": found.body,
        "facts": facts(found),
        "columns": _OPEN,
        "rows": [SystemRow.of(one) for one in found.systems if one.runs is not Answer.NO],
        "left_out": left_out(found.systems),
        "term_columns": _TERMS,
        "terms": [SystemRow.of(one) for one in found.systems if place.inside and _told(one)],
        "definitions": [
            {"title": kind.label, "text": kind.definition}
            for kind in (MeasureKind.STEPS, MeasureKind.SYSTEMS)
        ],
        "slip_columns": SLIPS,
        "slips": [slip_row(one) for one in found.slips],
        "slips_empty": NO_SLIPS,
        "cost_columns": _COSTS,
        "costs": _cost_rows(found.comparison),
        "cost_fault": found.cost_fault,
        "comparison": found.comparison,
    }


def facts(found: BodyView) -> list[Fact]:
    """The body at a glance, each measure with its parts and its day."""
    tally = found.tally
    steps, systems = tally.rate(MeasureKind.STEPS), tally.rate(MeasureKind.SYSTEMS)
    listed = [
        Fact("団体コード", found.body.code),
        Fact("区分・人口", f"{found.body_class}　{found.body.population:,}人（令和2年国勢調査）"),
        Fact(MeasureKind.STEPS.label, _share(steps, "ステップ", found.steps_from)),
        Fact(MeasureKind.SYSTEMS.label, _share(systems, "システム", found.steps_from)),
        Fact("間に合わないシステム", _late(found)),
    ]
    if tally.unknown:
        listed.append(
            Fact("行っているか分からない業務", f"{tally.unknown}（率の分母に入れていません）")
        )
    return listed


def _share(rate: Rate, unit: str, dataset: Dataset | None) -> str:
    if dataset is None or not rate.denominator:
        return UNKNOWN
    return (
        f"{rate.text}（{rate.numerator:,}／{rate.denominator:,}{unit}）　"
        f"{wareki(dataset.as_of)}現在"
    )


def _late(found: BodyView) -> str:
    if found.late_from is None:
        return UNKNOWN
    return f"{found.tally.late:,}システム　{wareki(found.late_from.as_of)}現在"


def _cost_rows(comparison: Comparison | None) -> list[dict[str, str]]:
    if comparison is None:
        return []
    rows = [
        {"item": one.item.name, "before": f"{one.before:,}円", "after": f"{one.after:,}円"}
        for one in comparison.lines
    ]
    rows.append(
        {
            "item": "計（1年あたり）",
            "before": f"{comparison.before:,}円",
            "after": f"{comparison.after:,}円（{comparison.change_percent:+}%）",
        }
    )
    if comparison.per_resident:
        before, after = comparison.per_resident
        rows.append({"item": "住民1人あたり", "before": f"{before:,}円", "after": f"{after:,}円"})
    return rows


def _contact(contact: Contact | None) -> Sequence[Fact]:
    if contact is None:
        return ()
    return (
        Fact("担当部署", contact.office),
        Fact("メールアドレス", contact.mail),
        Fact("電話番号", contact.phone or "—"),
    )


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the page."""

    label: str
    href: str
    download: bool = False


def _actions(place: Place, values: Mapping[str, str], body: Body) -> list[Action]:
    return [
        Action(
            "JSONを保存する", address(f"{place.body(body.code)}/data.json", values), download=True
        )
    ]
