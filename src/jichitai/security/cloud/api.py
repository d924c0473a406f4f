"""Security clouds for programs: a prefecture keeps its own, the ministry reads all."""

import csv
import io
from datetime import date, datetime
from typing import Annotated, Any, Final

from litestar import Response, get, patch, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from jichitai.infra.outbox import Outbox
from jichitai.kernel.municipalities import prefectures
from jichitai.security.access import MINISTRY, SUPERVISOR
from jichitai.security.cloud import catalogue, model, queries, store
from jichitai.security.cloud.model import Changes, Cloud, Generation, Step
from jichitai.security.cloud.queries import Row
from jichitai.security.cloud.service import Clouds
from jichitai.security.cloud.store import Version
from jichitai.web.inject import Db, Given, LawClock, Who

_PREFECTURE: Final[dict[str, Any]] = {"roles": SUPERVISOR}
_MINISTRY: Final[dict[str, Any]] = {"roles": MINISTRY}
_TAGS: Final = ["security"]
OnGeneration = Annotated[int, QueryParameter(ge=1, le=20)]


class NewCloud(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which generation is to be registered."""

    generation: Generation


class CloudChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change, and the revision it was made on.

    Attributes:
        revision: as it was read; another one since then is refused with 409.
        changes: what is to be changed.
        what: one line for the history.
    """

    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    changes: Changes
    what: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f]*$")] = "APIによる変更"


class CloudState(Struct, frozen=True, kw_only=True):
    """One generation at its prefecture.

    Attributes:
        revision: of the state.
        changed_at: when it was entered.
        sent_at: when this state was reported to the ministry; None when it was not.
        step: how far the generation has come.
        missing_functions: 必須要件 that are not met.
        migrated, joining: members that have moved, members that use it or will.
        late_steps: steps whose planned day has passed.
        cloud: the whole state.
    """

    revision: int
    changed_at: datetime
    sent_at: datetime | None
    step: Step
    missing_functions: tuple[str, ...]
    migrated: int
    joining: int
    late_steps: tuple[Step, ...]
    cloud: Cloud


class CloudList(Struct, frozen=True, kw_only=True):
    """The generations of a prefecture, the newest first."""

    clouds: list[CloudState]


class Change(Struct, frozen=True, kw_only=True):
    """One entry of the history."""

    revision: int
    what: str
    changed_at: datetime
    sent_at: datetime | None


class History(Struct, frozen=True, kw_only=True):
    """Changes of a generation, the newest first."""

    changes: list[Change]


class Reported(Struct, frozen=True, kw_only=True):
    """A report that has left for the ministry."""

    number: int


class Overview(Struct, frozen=True, kw_only=True):
    """All prefectures on one generation.

    Attributes:
        generation: which one.
        live: prefectures whose cloud is in use.
        target, due_on: the ministry's aim, where there is one.
        rows: one for each of the 47 prefectures.
    """

    generation: int
    live: int
    target: int | None
    due_on: date | None
    rows: list[Row]


class ReportedCloud(Struct, frozen=True, kw_only=True):
    """One report of a prefecture."""

    number: int
    generation: int
    reported_at: datetime
    cloud: Cloud


class ReportList(Struct, frozen=True, kw_only=True):
    """Reports of a prefecture, the newest first."""

    reports: list[ReportedCloud]


@get("/api/v1/security/cloud", opt=_PREFECTURE, summary="Generations of the own cloud", tags=_TAGS)
async def own_clouds(principal: Who, db: Db, clock: LawClock) -> CloudList:
    """The newest generation first."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        found = await store.generations(tx, prefecture)
    return CloudList(clouds=[_state(one, clock.today()) for one in found])


@post("/api/v1/security/cloud", opt=_PREFECTURE, summary="Register a generation", tags=_TAGS)
async def begin_cloud(
    data: JSONBody[NewCloud], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> CloudState:
    """Its members are the prefecture and its municipalities; one that exists is given back."""
    prefecture = principal.body_prefecture()
    async with db.transaction() as tx:
        clouds = Clouds(clock, outbox)
        found = await clouds.begin(tx, prefecture, data.generation, by=principal.actor)
    return _state(found, clock.today())


@get("/api/v1/security/cloud/{generation:int}", opt=_PREFECTURE, summary="One generation",
     tags=_TAGS)  # fmt: skip
async def own_cloud(
    generation: FromPath[int], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> CloudState:
    """The latest state."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        clouds = Clouds(clock, outbox)
        found = await clouds.get(tx, prefecture, _in_range(generation))
    return _state(found, clock.today())


@patch("/api/v1/security/cloud/{generation:int}", opt=_PREFECTURE, summary="Change a generation",
       tags=_TAGS)  # fmt: skip
async def change_cloud(
    generation: FromPath[int],
    data: JSONBody[CloudChange],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Given[Outbox],
) -> CloudState:
    """Entries of lists take the place of those with the same key; the others stay."""
    prefecture = principal.body_prefecture()
    async with db.transaction() as tx:
        clouds = Clouds(clock, outbox)
        found = await clouds.get(tx, prefecture, _in_range(generation))
        saved = await clouds.save(
            tx,
            model.changed(found.cloud, data.changes),
            revision=data.revision,
            what=data.what,
            by=principal.actor,
        )
    return _state(saved, clock.today())


@get("/api/v1/security/cloud/{generation:int}/history", opt=_PREFECTURE,
     summary="What was changed when", tags=_TAGS)  # fmt: skip
async def cloud_history(generation: FromPath[int], principal: Who, db: Db) -> History:
    """The newest change first."""
    prefecture = principal.body_prefecture()
    async with db.transaction(read_only=True) as tx:
        found = await store.history(tx, prefecture, _in_range(generation))
    return History(
        changes=[
            Change(
                revision=one.revision,
                what=one.what,
                changed_at=one.changed_at,
                sent_at=one.sent_at,
            )
            for one in found
        ]
    )


@post("/api/v1/security/cloud/{generation:int}/report", opt=_PREFECTURE, status_code=202,
      summary="Report the state to the ministry", tags=_TAGS)  # fmt: skip
async def report_cloud(
    generation: FromPath[int], principal: Who, db: Db, clock: LawClock, outbox: Given[Outbox]
) -> Reported:
    """A state that has been reported is not sent again (409)."""
    prefecture = principal.body_prefecture()
    async with db.transaction() as tx:
        clouds = Clouds(clock, outbox)
        number = await clouds.report(tx, prefecture, _in_range(generation), by=principal.actor)
    return Reported(number=number)


@get("/api/v1/security/clouds", opt=_MINISTRY, summary="All prefectures on one generation",
     tags=_TAGS)  # fmt: skip
async def all_clouds(db: Db, clock: LawClock, generation: OnGeneration = 3) -> Overview:
    """One row for each of the 47, those that never reported included."""
    async with db.transaction(read_only=True) as tx:
        rows = await queries.overview(tx, generation, clock.today())
    aim = catalogue.targets().get(generation)
    return Overview(
        generation=generation,
        live=sum(row.step is Step.LIVE for row in rows),
        target=aim.target if aim else None,
        due_on=aim.due_on if aim else None,
        rows=rows,
    )


@get("/api/v1/security/clouds.csv", opt=_MINISTRY, summary="The same as CSV", tags=_TAGS)
async def clouds_csv(db: Db, clock: LawClock, generation: OnGeneration = 3) -> Response[str]:
    """UTF-8 with a mark that spreadsheets know."""
    async with db.transaction(read_only=True) as tx:
        rows = await queries.overview(tx, generation, clock.today())
    out = io.StringIO()
    writer = csv.DictWriter(out, list(queries.COLUMNS.values()), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({queries.COLUMNS[key]: value for key, value in row.cells()} for row in rows)
    name = f"security-clouds-{generation}-{clock.today():%Y%m%d}.csv"
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@get("/api/v1/security/clouds/{prefecture:str}", opt=_MINISTRY, summary="Reports of a prefecture",
     tags=_TAGS)  # fmt: skip
async def clouds_of(prefecture: FromPath[str], db: Db) -> ReportList:
    """The newest first; reports stay as they were sent."""
    if prefecture not in {one.prefecture_code for one in prefectures()}:
        raise NotFoundException
    async with db.transaction(read_only=True) as tx:
        found = await store.reports_of(tx, prefecture)
    return ReportList(
        reports=[
            ReportedCloud(
                number=one.number,
                generation=one.generation,
                reported_at=one.reported_at,
                cloud=one.cloud,
            )
            for one in found
        ]
    )


def _in_range(generation: int) -> int:
    if not 1 <= generation <= 20:
        raise NotFoundException
    return generation


def _state(version: Version, on: date) -> CloudState:
    cloud = version.cloud
    return CloudState(
        revision=version.revision,
        changed_at=version.changed_at,
        sent_at=version.sent_at,
        step=cloud.step,
        missing_functions=tuple(one.code for one in cloud.missing(on)),
        migrated=cloud.migrated,
        joining=len(cloud.joining),
        late_steps=tuple(one.step for one in cloud.late_steps(on)),
        cloud=cloud,
    )


PREFECTURE_API: Final[tuple[ControllerRouterHandler, ...]] = (
    own_clouds,
    begin_cloud,
    own_cloud,
    change_cloud,
    cloud_history,
    report_cloud,
)
MINISTRY_API: Final[tuple[ControllerRouterHandler, ...]] = (all_clouds, clouds_csv, clouds_of)
