"""What a body owes, what it says about its organs, and what waits for its officer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.municipalities import UnknownMunicipalityError, municipality
from jichitai.security.access import own_body
from jichitai.security.desk import store
from jichitai.security.desk.errors import NotJointError, OrganFixedError, ReasonMissingError
from jichitai.security.obligations.model import Obligation, Presence, obligations, presence
from jichitai.security.organs import Organ
from jichitai.web.rights import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """Something that waits on the officer's first page.

    Attributes:
        label: what is to be done, as a verb phrase.
        href: where.
        area: of which part of the work.
        due: last day, if there is one.
        count: how many.
        unit: counter of the number.
        late: whether it is late already.
    """

    label: str
    href: str
    area: str
    due: date | None = None
    count: int | None = None
    unit: str = "件"
    late: bool = False


TodoSource = Callable[[Tx, Body, date], Awaitable[Sequence[Todo]]]
"""What one part of the work has waiting for a body on a day."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A part of the work, and whose it is."""

    roles: frozenset[Role]
    source: TodoSource


async def todos(
    tx: Tx, parts: Sequence[Waiting], body: Body, on: date, *, roles: frozenset[Role]
) -> list[Todo]:
    """All that waits for somebody with these roles: late first, then by last day."""
    mine = [part.source for part in parts if part.roles & roles]
    found = [todo for source in mine for todo in await source(tx, body, on)]
    return sorted(found, key=lambda todo: (not todo.late, todo.due or date.max, todo.area))


async def established(tx: Tx, code: str) -> Mapping[Organ, bool]:
    """What the body said about its organs."""
    return {Organ(row.organ): row.established for row in await store.statements(tx, code)}


async def owed(tx: Tx, code: str, on: date) -> tuple[Obligation, ...]:
    """What the organs of a body owe on a day, its own statements included."""
    body = await own_body(tx, code)
    return obligations(body, on=on, established=await established(tx, code))


@dataclass(frozen=True, slots=True)
class OrganLine:
    """One organ of a body: what the law says, what the body said, whether it owes a policy."""

    organ: Organ
    rule: Presence
    said: store.Statement | None
    owes: bool

    @property
    def open(self) -> bool:
        """Whether the body may say something about it."""
        return self.rule in (Presence.USUAL, Presence.SOMETIMES)


async def organs(tx: Tx, code: str, on: date) -> list[OrganLine]:
    """The organs that a body of this kind may have, in the order of the law."""
    body = await own_body(tx, code)
    said = {Organ(row.organ): row for row in await store.statements(tx, code)}
    owing = {one.organ for one in await owed(tx, code, on)}
    lines = (
        OrganLine(organ, presence(body.kind, organ, on=on), said.get(organ), organ in owing)
        for organ in Organ
    )
    return [line for line in lines if line.rule is not Presence.NEVER]


async def say(
    tx: Tx, code: str, organ: Organ, *, established: bool, reason: str, by: Actor, at: datetime
) -> None:
    """Keep what a body says about one of its organs.

    Raises:
        OrganFixedError: the law leaves no choice.
        ReasonMissingError: no reason.
    """
    body = await own_body(tx, code)
    rule = presence(body.kind, organ, on=at.date())
    if rule not in (Presence.USUAL, Presence.SOMETIMES):
        raise OrganFixedError(
            f"{body.kind}の{organ.japanese}の有無は法律で決まっているため、変えられません。"
            "該当しないと考えるときは、根拠を添えて都道府県に相談してください。"
        )
    if not reason.strip():
        raise ReasonMissingError(
            "理由がないと、あとで方針の策定率の分母を説明できません。"
            "条例の名前や共同設置の相手など、理由を入力してください。"
        )
    await store.say(
        tx, code, organ, established=established, reason=reason.strip(), by=by.id, at=at
    )
    await audit.record(
        tx,
        by=by,
        action="security.organ.say",
        subject=f"{code}/{organ}",
        reason=reason.strip(),
        facts={"established": established},
        at=at,
    )


async def register_joint(
    tx: Tx,
    code: str,
    *,
    kind: BodyKind,
    name: str,
    members: tuple[str, ...],
    by: Actor,
    at: datetime,
) -> Body:
    """Register a joint body (一部事務組合, 広域連合), or change it.

    Raises:
        NotJointError: a body of the 1,788, no name or fewer than two members.
        InvalidLocalGovernmentCodeError: no such code.
        UnknownMunicipalityError: a member is no body.
    """
    if not kind.joint or not name.strip() or len(set(members)) < 2 or _known(code):
        raise NotJointError(
            "組合は、都道府県・市区町村ではない6桁の団体コードと名前、二つ以上の構成団体で登録します。"
            "団体コードと構成団体を確かめてください。"
        )
    body = Body.joint(code, kind=kind, name=name.strip(), members=tuple(dict.fromkeys(members)))
    await store.save_joint(tx, body, at)
    await audit.record(
        tx, by=by, action="security.body.register", subject=code, facts={"kind": str(kind)}, at=at
    )
    return body


def _known(code: str) -> bool:
    try:
        municipality(code)
    except UnknownMunicipalityError:
        return False
    return True
