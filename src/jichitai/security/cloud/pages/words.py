"""A cloud's state in the words of its pages."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from jichitai.kernel.bodies import body
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.municipalities import UnknownMunicipalityError, prefecture
from jichitai.security.cloud import catalogue
from jichitai.security.cloud.model import Cloud, Cost, Have, Member, Move, Step
from jichitai.web.components import Colour, Fact, Option, Status, Tile
from jichitai.web.formats import date_text, yen_text
from jichitai.web.maps import Fill

_STEP_COLOURS: Final[Mapping[Step, Colour]] = {
    Step.PLANNING: "grey",
    Step.BUDGETED: "purple",
    Step.SUBSIDY_APPLIED: "purple",
    Step.CONTRACTED: "blue",
    Step.BUILDING: "blue",
    Step.MIGRATING: "yellow",
    Step.LIVE: "green",
}
STEP_FILLS: Final[Mapping[Step, Fill]] = {
    Step.PLANNING: "0",
    Step.BUDGETED: "1",
    Step.SUBSIDY_APPLIED: "1",
    Step.CONTRACTED: "2",
    Step.BUILDING: "2",
    Step.MIGRATING: "3",
    Step.LIVE: "4",
}
_HAVE_COLOURS: Final[Mapping[Have, Colour]] = {
    Have.MET: "green",
    Have.PARTLY: "yellow",
    Have.PLANNED: "blue",
    Have.NONE: "grey",
}
_MOVE_COLOURS: Final[Mapping[Move, Colour]] = {
    Move.PLANNED: "grey",
    Move.MIGRATING: "yellow",
    Move.MIGRATED: "green",
    Move.STAYS_OUT: "purple",
}
STEPS: Final = tuple(Option(one.value, one.japanese) for one in Step)
HAVES: Final = tuple(Option(one.value, one.japanese) for one in Have)
MOVES: Final = tuple(Option(one.value, one.japanese) for one in Move)
SORTS: Final = {"build": "構築", "operate": "運用"}


def step_status(step: Step | None) -> Status:
    """The chip of a step; none where nothing was reported."""
    if step is None:
        return Status("報告なし", "grey", "まだ報告がありません")
    return Status(step.japanese, _STEP_COLOURS[step])


def have_status(have: Have) -> Status:
    """The chip of a function."""
    return Status(have.japanese, _HAVE_COLOURS[have])


def move_status(move: Move) -> Status:
    """The chip of a member."""
    return Status(move.japanese, _MOVE_COLOURS[move])


def body_name(code: str) -> str:
    """A body's name; the code of a joint body that this node does not know."""
    try:
        return body(code).full_name
    except (UnknownMunicipalityError, InvalidError):
        return f"団体コード {code}"


def prefecture_name(code: str) -> str:
    """A prefecture's name by its two digits."""
    return prefecture(code).name


def title(cloud: Cloud) -> str:
    """What a page calls a generation."""
    return f"第{cloud.generation}世代　{cloud.name}" if cloud.name else f"第{cloud.generation}世代"


def tiles(cloud: Cloud, on: date) -> list[Tile]:
    """The figures on top of a cloud's page."""
    required = sum(one.required for one in catalogue.functions(on))
    missing = len(cloud.missing(on))
    return [
        Tile("段階", cloud.step.japanese),
        Tile("必須の機能", f"{required - missing}／{required}", note="満たす"),
        Tile("移行した団体", f"{cloud.migrated}／{len(cloud.joining)}", "団体"),
        Tile("予定を過ぎた段階", len(cloud.late_steps(on)), "件"),
        Tile("目標を守れなかった月", len(cloud.broken()), "件"),
    ]


def view(cloud: Cloud, on: date) -> dict[str, Any]:
    """Everything that a page shows of one state."""
    return {
        "title": title(cloud),
        "tiles": tiles(cloud, on),
        "basics": basics(cloud),
        "steps": [
            {
                "word": step.japanese,
                "planned": cloud.dates_of(step).planned_on,
                "done": cloud.dates_of(step).done_on,
                "late": cloud.dates_of(step) in cloud.late_steps(on),
            }
            for step in Step
        ],
        "groups": groups(cloud, on),
        "functions_note": catalogue.FUNCTIONS_NOTE,
        "members": members(cloud.members),
        "levels": levels(cloud),
        "costs": costs(cloud.costs),
        "note": cloud.note,
    }


def basics(cloud: Cloud) -> list[Fact]:
    """Name, contractor, contract."""
    shared = "、".join(map(prefecture_name, cloud.shared_with))
    return [
        Fact("名称", cloud.name or "—"),
        Fact("運用する事業者", cloud.contractor or "—"),
        Fact("共同で整備した都道府県", shared or "なし"),
        Fact("契約の始まり", date_text(cloud.contract_from)),
        Fact("契約の終わり", date_text(cloud.contract_until)),
    ]


def groups(cloud: Cloud, on: date) -> list[dict[str, Any]]:
    """Functions by group, with how many of the required ones are met."""
    notes = {one.code: one.note for one in cloud.functions}
    found = []
    for name in catalogue.GROUPS:
        rows = [
            {
                "code": one.code,
                "name": one.name,
                "requirement": one.requirement,
                "have": cloud.have(one.code),
                "status": have_status(cloud.have(one.code)),
                "note": "。".join(filter(None, (notes.get(one.code, ""), one.note))),
                "lacking": one.required and cloud.have(one.code) is not Have.MET,
            }
            for one in catalogue.functions(on)
            if one.group == name
        ]
        found.append({"name": name, "rows": rows})
    return found


def members(found: Sequence[Member]) -> list[dict[str, Any]]:
    """Members, those that have not moved first."""
    order = [Move.MIGRATING, Move.PLANNED, Move.STAYS_OUT, Move.MIGRATED]
    return [
        {
            "code": one.code,
            "name": body_name(one.code),
            "status": move_status(one.move),
            "on": one.moved_on,
            "reason": one.reason,
        }
        for one in sorted(found, key=lambda one: (order.index(one.move), one.code))
    ]


def levels(cloud: Cloud) -> list[dict[str, Any]]:
    """Metrics with their target and the months measured, the latest first."""
    rows = []
    for metric in catalogue.metrics().values():
        target = cloud.target_of(metric.metric)
        months = sorted(
            (one for one in cloud.measured if one.metric == metric.metric),
            key=lambda one: one.month,
            reverse=True,
        )
        last = months[0] if months else None
        kept = last is None or metric.is_kept(last.value, target)
        rows.append(
            {
                "metric": metric.metric,
                "name": metric.name,
                "target": metric.words(target),
                "agreed": any(one.metric == metric.metric for one in cloud.promises),
                "last": f"{last.value} {metric.unit}" if last else "—",
                "month": last.month if last else "—",
                "months": len(months),
                "broken": sum(not metric.is_kept(one.value, target) for one in months),
                "status": Status("測定なし", "grey")
                if last is None
                else Status("守った", "green")
                if kept
                else Status("守れなかった", "red"),
            }
        )
    return rows


def costs(found: Sequence[Cost]) -> list[dict[str, Any]]:
    """Costs by fiscal year."""
    return [
        {
            "year": f"{one.fiscal_year}年度",
            "sort": SORTS[one.sort],
            "total": yen_text(one.total),
            "subsidy": yen_text(one.subsidy),
            "prefecture": yen_text(one.prefecture),
            "members": yen_text(one.members),
        }
        for one in sorted(found, key=lambda one: (one.fiscal_year, one.sort))
    ]
