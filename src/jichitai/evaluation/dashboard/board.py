"""指標の一覧: every indicator with its newest value, target and standing, by section."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jichitai.evaluation.dashboard.model import Sight, sight_of
from jichitai.evaluation.dashboard.queries import Moment
from jichitai.evaluation.indicators import service
from jichitai.evaluation.indicators.model import Definition, Level, Point, Target, joined
from jichitai.evaluation.indicators.standing import Forecast, Standing, Status, judge
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.policies.errors import UnknownPolicyError
from jichitai.infra.database import Tx
from jichitai.kernel.dates import fiscal_year, wareki

POLICY = 8
"""政策番号 whose indicators the pages show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An indicator on the list."""

    definition: Definition
    status: Status

    @property
    def value(self) -> str:
        """The newest value, ready to print."""
        point = self.status.point
        return joined(point.text if point else "", self.definition.unit)

    @property
    def as_of(self) -> str:
        """The day that it is about."""
        point = self.status.point
        if point is None or not point.text:
            return "—"
        return wareki(point.as_of) if point.dated else point.label

    @property
    def aim(self) -> tuple[str, str]:
        """The target and its day, apart."""
        found = self.status.target
        if found is None:
            return "—", ""
        return joined(found.text, self.definition.unit), f"{wareki(found.on)}まで"

    @property
    def target(self) -> str:
        """The target, ready to print."""
        found = self.status.target
        if found is None:
            return "—"
        return f"{joined(found.text, self.definition.unit)}（{wareki(found.on)}まで）"

    @property
    def sight(self) -> Sight | None:
        """What it can be looked at by."""
        return sight_of(self.definition.indicator_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the policy with its indicators; context figures apart."""

    key: str
    title: str
    lines: tuple[Line, ...]
    context: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All of it.

    Attributes:
        name: of the policy.
        counts: how many indicators (context apart) stand where.
    """

    name: str
    sections: tuple[Section, ...]
    counts: tuple[tuple[Standing, int], ...]


async def board(tx: Tx, at: Moment) -> Board:
    """The list as known at a moment."""
    found = await service.definitions(tx, at.known_at)
    stand = await service.statuses(tx, at.known_at, on=at.on)
    lines = [
        Line(definition=one, status=stand[one.indicator_id])
        for one in found.values()
        if one.policy == POLICY
    ]
    name, titles = await _titles(tx, at)
    keys = [*titles, *sorted({one.definition.section for one in lines} - set(titles))]
    sections = [_section(key, titles.get(key, key), lines) for key in keys]
    counted = [one.status.standing for part in sections for one in part.lines]
    return Board(
        name=name,
        sections=tuple(part for part in sections if part.lines or part.context),
        counts=tuple((one, counted.count(one)) for one in Standing if one in counted),
    )


def _section(key: str, title: str, lines: Sequence[Line]) -> Section:
    own = [one for one in lines if one.definition.section == key]
    own.sort(key=lambda one: (list(Level).index(one.definition.level), one.definition.indicator_id))
    return Section(
        key=key,
        title=title,
        lines=tuple(one for one in own if one.definition.level is not Level.CONTEXT),
        context=tuple(one for one in own if one.definition.level is Level.CONTEXT),
    )


async def _titles(tx: Tx, at: Moment) -> tuple[str, dict[str, str]]:
    """The policy's name and the titles of its sections, in their order."""
    try:
        found = await policies.policy_of(tx, POLICY, fiscal_year(at.on), at.known_at)
    except UnknownPolicyError:
        return "", {}
    return f"政策{found.number}　{found.name}", {one.key: one.title for one in found.sections}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One indicator with everything that is known of it."""

    line: Line
    points: tuple[Point, ...]
    targets: tuple[Target, ...]
    forecast: Forecast | None
    section: str

    @property
    def definition(self) -> Definition:
        """Its definition."""
        return self.line.definition


async def sheet(tx: Tx, indicator_id: str, at: Moment) -> Sheet:
    """One indicator.

    Raises:
        UnknownIndicatorError: there was none.
    """
    definition = await service.definition_of(tx, indicator_id, at.known_at)
    values = (await service.points(tx, [indicator_id], at.known_at))[indicator_id]
    aims = (await service.targets(tx, [indicator_id], at.known_at)).get(indicator_id, [])
    _, titles = await _titles(tx, at)
    return Sheet(
        line=Line(definition=definition, status=judge(definition, values, aims, at.on)),
        points=tuple(values),
        targets=tuple(aims),
        forecast=await service.forecast(tx, indicator_id, at.known_at, on=_ahead(aims, at)),
        section=titles.get(definition.section, definition.section),
    )


def _ahead(aims: Sequence[Target], at: Moment) -> date:
    later = [one.on for one in aims if one.superseded_at is None and one.on > at.on]
    return max(later, default=at.on)
