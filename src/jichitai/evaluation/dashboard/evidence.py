"""One body: what its rates rest on, and bodies of its size beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.evaluation.dashboard.model import Seen, Sight, Told, like
from jichitai.evaluation.dashboard.queries import Moment, migration, policies
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, all_bodies, body
from jichitai.security.oversight.model.standing import Progress
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.overview import Evidence
from jichitai.security.oversight.service.place import Overseer
from jichitai.standardisation.progress.bodies import one_body
from jichitai.standardisation.progress.results import BodyView

_BY = Overseer(MINISTRY_KEY)
_LOOKED_AT = (Sight.STEPS, Sight.SYSTEMS, Sight.LATE, Sight.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """方針 of a body as everybody may see it.

    Attributes:
        word: where it stands.
        address: where it is published; empty until then.
    """

    word: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyEvidence:
    """Everything that the rates of a body rest on."""

    body: Body
    migration: BodyView
    policy: Policy
    reports: Evidence | None


async def evidence(tx: Tx, code: str, at: Moment, *, public: bool) -> BodyEvidence:
    """What is known of one body; in public nothing that it has only drafted.

    Raises:
        UnknownMunicipalityError: no body of the 1,788 has this code.
    """
    found = body(code)
    systems = await one_body(
        tx, code, as_of=at.on, known_at=at.known_at, source_kind=at.source_kind
    )
    told = await overview.evidence(tx, _BY, code, on=at.on)
    return BodyEvidence(
        body=found,
        migration=systems,
        policy=_policy(told, public=public),
        reports=None if public else told,
    )


def _policy(told: Evidence, *, public: bool) -> Policy:
    head, leading = told.standing.head, told.standing.leading
    shown = leading.address if leading and head >= Progress.PUBLISHED else ""
    if public and not told.standing.adopted:
        return Policy(word="策定の報告はまだありません", address="")
    return Policy(word=head.japanese, address=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A body beside others: its rate by steps and by systems, late systems, the policy."""

    body: Body
    steps: Decimal | None
    systems: Decimal | None
    late: int | None
    published: bool | None


async def alike(
    tx: Tx, code: str, at: Moment, *, public: bool
) -> tuple[list[Alike], dict[Sight, Seen]]:
    """The body and those of its class whose population is nearest, and where it was looked up.

    Raises:
        UnknownMunicipalityError: no body of the 1,788 has this code.
    """
    near = like(body(code), all_bodies())
    published = await policies(tx, Sight.PUBLISHED, at, among=near)
    found = [
        *await migration(tx, (Sight.STEPS, Sight.SYSTEMS), at, among=near),
        *await migration(tx, (Sight.LATE,), at, among=near),
        _openly(published) if public else published,
    ]
    sights = {one.sight: one for one in found}
    told = {key: {one.body.code: one for one in value.bodies} for key, value in sights.items()}

    def of(sight: Sight, one: Body) -> Told | None:
        return told[sight].get(one.code)

    return [_alike(one, [of(sight, one) for sight in _LOOKED_AT]) for one in near], sights


def _openly(found: Seen) -> Seen:
    """A draft and no report look alike."""
    return replace(found, bodies=tuple(replace(one, part=one.part or 0) for one in found.bodies))


def _alike(one: Body, told: Sequence[Told | None]) -> Alike:
    steps, systems, late, published = told
    return Alike(
        body=one,
        steps=steps.percent if steps else None,
        systems=systems.percent if systems else None,
        late=late.count if late and late.part is not None else None,
        published=bool(published.part) if published and published.part is not None else None,
    )
