"""One generation of a prefecture's security cloud, and what must hold of it. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from jichitai.kernel.bodies import prefecture_body
from jichitai.kernel.municipalities import in_prefecture
from jichitai.security.cloud import catalogue
from jichitai.security.messages import BodyCode, PrefectureCode

Word: TypeAlias = Annotated[str, Meta(max_length=80)]
Line: TypeAlias = Annotated[str, Meta(max_length=300)]
Code: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{2,4}$")]
Month: TypeAlias = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Money: TypeAlias = Annotated[int, Meta(ge=0, le=10**13)]
Generation: TypeAlias = Annotated[int, Meta(ge=1, le=20)]
Measured: TypeAlias = Annotated[Decimal, Meta(description="測定値")]


class Step(StrEnum):
    """段階: how far a generation has come."""

    PLANNING = "planning"
    BUDGETED = "budgeted"
    SUBSIDY_APPLIED = "subsidy-applied"
    CONTRACTED = "contracted"
    BUILDING = "building"
    MIGRATING = "migrating"
    LIVE = "live"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _STEPS[self]


_STEPS: Final = {
    Step.PLANNING: "計画中",
    Step.BUDGETED: "予算化",
    Step.SUBSIDY_APPLIED: "補助金申請",
    Step.CONTRACTED: "契約",
    Step.BUILDING: "構築中",
    Step.MIGRATING: "移行中",
    Step.LIVE: "運用開始",
}
SKIPPABLE: Final = frozenset({Step.SUBSIDY_APPLIED})
"""Steps that a prefecture may pass over: nobody has to ask for the subsidy."""


class Have(StrEnum):
    """機能の状況: whether a function is there."""

    MET = "met"
    PARTLY = "partly"
    PLANNED = "planned"
    NONE = "none"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"met": "満たす", "partly": "一部", "planned": "予定", "none": "なし"}[self.value]


class Move(StrEnum):
    """参加団体の状況: whether a member has moved to this generation."""

    PLANNED = "planned"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    STAYS_OUT = "stays-out"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "planned": "移行前",
            "migrating": "移行中",
            "migrated": "移行済み",
            "stays-out": "参加しない",
        }[self.value]


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a cloud's state."""


class StepDates(_Part, frozen=True, kw_only=True):
    """When a step is planned, and when it was done."""

    step: Step
    planned_on: date | None = None
    done_on: date | None = None


class FunctionState(_Part, frozen=True, kw_only=True):
    """Whether a function is there, with a note."""

    code: Code
    have: Have
    note: Line = ""


class Member(_Part, frozen=True, kw_only=True):
    """参加団体: a body that uses the cloud, or says why it does not."""

    code: BodyCode
    move: Move = Move.PLANNED
    moved_on: date | None = None
    reason: Line = ""


class Promise(_Part, frozen=True, kw_only=True):
    """サービス水準の目標 of the contract."""

    metric: Word
    target: Measured


class Measurement(_Part, frozen=True, kw_only=True):
    """A measured month."""

    metric: Word
    month: Month
    value: Measured
    source: Line = ""


class Cost(_Part, frozen=True, kw_only=True):
    """費用 of one fiscal year, and who bears it, in whole yen."""

    fiscal_year: Annotated[int, Meta(ge=2015, le=2100)]
    sort: Literal["build", "operate"]
    total: Money
    subsidy: Money = 0
    prefecture: Money = 0
    members: Money = 0


class Cloud(_Part, frozen=True, kw_only=True):
    """自治体情報セキュリティクラウド: one generation of it, at one prefecture.

    Attributes:
        form: version of this form.
        prefecture: two digits.
        generation: 1 from 平成28年度 on, 2 from 令和3年度 on, 3 the one that follows.
        name: what the prefecture calls it.
        contractor: who runs it.
        shared_with: prefectures that built it together with this one.
        contract_from, contract_until: of the contract.
        steps: dates of the steps.
        functions: which functions it has.
        members: bodies of the prefecture, with their move.
        promises: targets of the contract; the defaults hold where none is named.
        measured: months measured.
        costs: by fiscal year.
        note: anything else.

    Source: 自治体情報セキュリティクラウドの標準要件.
    """

    form: Literal[1] = 1
    prefecture: PrefectureCode
    generation: Generation
    name: Word = ""
    contractor: Word = ""
    shared_with: Annotated[tuple[PrefectureCode, ...], Meta(max_length=10)] = ()
    contract_from: date | None = None
    contract_until: date | None = None
    steps: Annotated[tuple[StepDates, ...], Meta(max_length=7)] = ()
    functions: Annotated[tuple[FunctionState, ...], Meta(max_length=100)] = ()
    members: Annotated[tuple[Member, ...], Meta(max_length=400)] = ()
    promises: Annotated[tuple[Promise, ...], Meta(max_length=20)] = ()
    measured: Annotated[tuple[Measurement, ...], Meta(max_length=1200)] = ()
    costs: Annotated[tuple[Cost, ...], Meta(max_length=60)] = ()
    note: Annotated[str, Meta(max_length=2000)] = ""

    def dates_of(self, step: Step) -> StepDates:
        """The dates of one step."""
        return next((one for one in self.steps if one.step is step), StepDates(step=step))

    @property
    def step(self) -> Step:
        """The furthest step that is done; planning before any."""
        done = [one.step for one in self.steps if one.done_on is not None]
        return max(done, key=list(Step).index, default=Step.PLANNING)

    @property
    def live_on(self) -> date | None:
        """The day the cloud went live."""
        return self.dates_of(Step.LIVE).done_on

    def late_steps(self, on: date) -> tuple[StepDates, ...]:
        """Steps whose planned day has passed without them."""
        at = list(Step).index(self.step)
        return tuple(
            one
            for one in self.steps
            if one.done_on is None
            and one.planned_on is not None
            and one.planned_on < on
            and list(Step).index(one.step) > at
        )

    def have(self, code: str) -> Have:
        """Whether a function is there."""
        return next((one.have for one in self.functions if one.code == code), Have.NONE)

    def missing(self, on: date) -> tuple[catalogue.Function, ...]:
        """必須要件 that are not met (一部 does not count as met)."""
        wanted = (one for one in catalogue.functions(on) if one.required)
        return tuple(one for one in wanted if self.have(one.code) is not Have.MET)

    @property
    def joining(self) -> tuple[Member, ...]:
        """Members that use the cloud or will."""
        return tuple(one for one in self.members if one.move is not Move.STAYS_OUT)

    @property
    def migrated(self) -> int:
        """Members that have moved."""
        return sum(one.move is Move.MIGRATED for one in self.members)

    def target_of(self, metric: str) -> Decimal:
        """The target of the contract, or the default."""
        agreed = next((one.target for one in self.promises if one.metric == metric), None)
        return catalogue.metrics()[metric].target if agreed is None else agreed

    def broken(self) -> tuple[Measurement, ...]:
        """Months in which a target was not kept."""
        return tuple(
            one
            for one in self.measured
            if not catalogue.metrics()[one.metric].is_kept(one.value, self.target_of(one.metric))
        )


def new_cloud(prefecture: str, generation: int) -> Cloud:
    """A generation nobody has said anything about: its members are the prefecture and its towns.

    >>> len(new_cloud("01", 3).members)
    180

    Source: 自治体情報セキュリティクラウド (members: the prefecture and its municipalities).
    """
    codes = [
        prefecture_body(prefecture).code,
        *(str(one.code) for one in in_prefecture(prefecture)),
    ]
    return Cloud(
        prefecture=prefecture,
        generation=generation,
        members=tuple(Member(code=code) for code in codes),
    )


class Changes(_Part, frozen=True, kw_only=True):
    """What is to be changed of a cloud; whatever is left out stays as it is.

    Entries of lists take the place of those with the same key: a step, a function's code, a member's
    code, a metric, a metric's month, a fiscal year and sort of cost. The others stay.
    """

    name: Word | UnsetType = UNSET
    contractor: Word | UnsetType = UNSET
    shared_with: Annotated[tuple[PrefectureCode, ...], Meta(max_length=10)] | UnsetType = UNSET
    contract_from: date | UnsetType | None = UNSET
    contract_until: date | UnsetType | None = UNSET
    note: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    steps: Annotated[tuple[StepDates, ...], Meta(max_length=7)] = ()
    functions: Annotated[tuple[FunctionState, ...], Meta(max_length=100)] = ()
    members: Annotated[tuple[Member, ...], Meta(max_length=400)] = ()
    promises: Annotated[tuple[Promise, ...], Meta(max_length=20)] = ()
    measured: Annotated[tuple[Measurement, ...], Meta(max_length=200)] = ()
    costs: Annotated[tuple[Cost, ...], Meta(max_length=60)] = ()


def changed(cloud: Cloud, changes: Changes) -> Cloud:
    """The state with some of it changed; `check` decides whether it holds.

    Source: form 1 of this software.
    """
    scalars = ("name", "contractor", "shared_with", "contract_from", "contract_until", "note")
    values: dict[str, Any] = {
        name: value for name in scalars if (value := getattr(changes, name)) is not UNSET
    }
    for name, key in _KEYS.items():
        merged = {key(one): one for one in getattr(cloud, name)}
        merged |= {key(one): one for one in getattr(changes, name)}
        values[name] = tuple(merged.values())
    return msgspec.structs.replace(cloud, **values)


_KEYS: Final[Mapping[str, Callable[[Any], object]]] = {
    "steps": lambda one: one.step,
    "functions": lambda one: one.code,
    "members": lambda one: one.code,
    "promises": lambda one: one.metric,
    "measured": lambda one: (one.metric, one.month),
    "costs": lambda one: (one.fiscal_year, one.sort),
}


encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Cloud).decode


def text_of(cloud: Cloud) -> str:
    """The state as JSON text, the same for the same state.

    Source: form 1 of this software.
    """
    return encode(cloud).decode()


def cloud_of(text: str | bytes) -> Cloud:
    """The state that a JSON text says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _decode(text)
