"""A card is written and handed over at a town's counter; its certificates come from the nation."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from PIL import Image

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.jpki.counter import store
from jichitai.jpki.counter.bodies import WritingDone, WritingState
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import (
    ChipInUseError,
    NothingToReportError,
    OtherKeysError,
    TicketRefusedError,
    UnknownWritingError,
    WritingUnderWayError,
    WrongChipError,
    WrongStageError,
)
from jichitai.jpki.counter.model import Application, Stage
from jichitai.jpki.counter.photo import prepared
from jichitai.jpki.counter.service.desk import Desk
from jichitai.jpki.counter.service.reporting import Reports
from jichitai.jpki.counter.service.terminal import Terminal
from jichitai.jpki.counter.service.told import Told
from jichitai.jpki.counter.worker import close_stale
from jichitai.jpki.kinds import Cause, CertificateKind, Reason
from jichitai.jpki.lifecycle.errors import NotResidentError
from jichitai.jpki.messages import J04
from jichitai.jukinet.errors import (
    InvalidMessageError,
    UnknownPersonError,
    WrongOriginError,
    WrongReceiverError,
)
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.register.model.resident import Resident, State
from tests import builders
from tests.builders import CLERK, OTHER_TOWN, TOWN
from tests.conftest import Cluster
from tests.jpki.card_wires import CardWires, card_network, keys_made
from tests.jukinet.network_builders import received

BOTH = tuple(CertificateKind)
FAMILIES = [builders.family(2) for _ in range(30)]
PEOPLE = [person for family in FAMILIES for person in family]
PAIRS = iter(FAMILIES)
SERIALS = count(1)
USER_AUTH = (CertificateKind.USER_AUTH,)


def picture(width: int = 480, height: int = 600) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (180, 160, 150)).save(out, "JPEG")
    return out.getvalue()


class Counter:
    """One town's counter, and the network behind it."""

    def __init__(self, wires: CardWires, people: tuple[Resident, ...]) -> None:
        self.wires = wires
        self.people = people
        self.chip = f"{next(SERIALS):013}"
        self.other_chip = f"{next(SERIALS):013}"
        self.desk = Desk(wires.writings)
        self.terminal = Terminal(wires.writings)
        self.town: Database = wires.databases[Tier.TOWN]

    def application(self, **values: Any) -> Application:
        plain = Application(
            chip_number=self.chip,
            kinds=BOTH,
            renewal=False,
            card_until=date(2036, 5, 1),
            case=Case.HOLDER,
            documents=("driver",),
            agent_documents=(),
            agent_reason="",
            guardian=False,
            photo=prepared(picture()),
        )
        return replace(plain, **values)

    async def open(self, **values: Any) -> UUID:
        async with self.town.transaction(town=TOWN) as tx:
            return await self.desk.open(
                tx, TOWN, self.people[0], self.application(**values), by=CLERK
            )

    async def ticket(self, request_id: UUID) -> str:
        async with self.town.transaction(town=TOWN) as tx:
            made = await self.desk.ticket(tx, TOWN, request_id, by=CLERK)
        return made.text.partition(".")[2]

    async def send(self, request_id: UUID, secret: str, **values: Any) -> WritingState:
        kinds = values.pop("kinds", BOTH)
        name = f"{self.chip}-{values.pop('name', '')}"
        plain = {"chip_number": self.chip}
        made = keys_made(request_id, *kinds, name=name, **(plain | values))
        async with self.town.transaction(town=TOWN) as tx:
            return await self.terminal.take_keys(tx, TOWN, request_id, secret, made)

    async def done(self, request_id: UUID, secret: str, **values: Any) -> WritingState:
        outcome = WritingDone(**({"written": True} | values))
        async with self.town.transaction(town=TOWN) as tx:
            return await self.terminal.done(tx, TOWN, request_id, secret, outcome)

    async def write(self, request_id: UUID, **values: Any) -> None:
        """Everything a terminal does."""
        secret = await self.ticket(request_id)
        await self.send(request_id, secret, **values)
        await self.wires.flow()
        await self.done(request_id, secret)

    async def hand_over(self, request_id: UUID) -> None:
        async with self.town.transaction(town=TOWN) as tx:
            await self.desk.hand_over(
                tx,
                TOWN,
                request_id,
                received_by="holder",
                face_compared=True,
                contents_confirmed=True,
                by=CLERK,
            )

    async def give_up(self, request_id: UUID) -> None:
        async with self.town.transaction(town=TOWN) as tx:
            await self.desk.give_up(tx, TOWN, request_id, by=CLERK, reason="来庁者の都合")
        await self.wires.flow()

    async def report(self, cause: Cause, *kinds: CertificateKind) -> None:
        async with self.town.transaction(town=TOWN) as tx:
            await Reports(self.wires.writings).report(
                tx,
                TOWN,
                self.people[0].id,
                cause=cause,
                kinds=kinds,
                reported_by="holder",
                happened_at=self.wires.node.clock.now(),
                by=CLERK,
            )
        await self.wires.flow()

    async def stage(self, request_id: UUID) -> Stage:
        async with self.town.transaction(town=TOWN) as tx:
            writing = await store.writing(tx, TOWN, request_id)
        assert writing is not None
        return writing.stage

    async def nation(self) -> dict[str, tuple[object, object]]:
        rows = await self.wires.rows(
            Tier.NATION,
            "select kind, state, cause from jpki.certificate where chip_number = any(%s)"
            " order by issued_at, state",
            [self.chip, self.other_chip],
        )
        return {str(kind): (state, cause) for kind, state, cause in rows}

    async def chips(self) -> list[tuple[object, ...]]:
        return await self.mine("select state from jpki.chip where resident_id = %s order by 1")

    async def certificates(self) -> dict[str, tuple[object, object]]:
        rows = await self.mine(
            "select kind, state, cause from jpki.certificate where resident_id = %s"
        )
        return {str(kind): (state, cause) for kind, state, cause in rows}

    async def mine(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the first of the two people in the town's tables."""
        return await self.wires.rows(Tier.TOWN, query, self.people[0].id)


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[CardWires]:
    """One network for all tests of the module, each of which takes two people of its own."""
    async with card_network(cluster18, keys, *PEOPLE) as wires:
        yield wires


@pytest.fixture
def counter(wires: CardWires) -> Counter:
    return Counter(wires, next(PAIRS))


async def test_a_card_goes_from_the_application_to_its_holder(counter: Counter) -> None:
    request_id = await counter.open()
    secret = await counter.ticket(request_id)
    async with counter.town.transaction(town=TOWN) as tx:
        order = await counter.terminal.order(tx, TOWN, request_id, secret)
    assert (order.chip_number, order.certificates) == (counter.chip, BOTH)
    assert order.face.name == "見本　太郎"
    assert order.face.address == "北海道札幌市本町二丁目3番4号"
    assert order.face.certificate_until == date(2031, 5, 1)
    assert order.face.photo is not None
    await counter.send(request_id, secret)
    async with counter.town.transaction(town=TOWN) as tx:
        answer = await counter.terminal.answer(tx, TOWN, request_id, secret)
    assert answer.state is Stage.WAITING
    await counter.wires.flow()
    async with counter.town.transaction(town=TOWN) as tx:
        answer = await counter.terminal.answer(tx, TOWN, request_id, secret)
    assert answer.state is Stage.ANSWERED
    assert {one.kind for one in answer.issued} == set(BOTH)
    assert answer.signatures is not None
    assert len(answer.permit) == 64
    assert await counter.done(request_id, secret) == WritingState(
        request_id=request_id, state=Stage.WRITTEN
    )
    assert await counter.chips() == [("written",)]
    await counter.hand_over(request_id)
    assert await counter.chips() == [("handed-over",)]
    assert await counter.certificates() == {
        "signing": ("valid", None),
        "user-auth": ("valid", None),
    }
    assert await counter.nation() == {"signing": ("valid", None), "user-auth": ("valid", None)}


async def test_what_was_kept_for_the_writing_is_gone_once_the_card_is_handed_over(
    counter: Counter,
) -> None:
    request_id = await counter.open()
    await counter.write(request_id)
    await counter.hand_over(request_id)
    kept = await counter.mine(
        "select sealed, answer, ticket_hash from jpki.writing where resident_id = %s"
    )
    assert kept == [(None, None, None)]


async def test_only_the_newest_ticket_is_good_and_only_until_the_card_is_handed_over(
    counter: Counter,
) -> None:
    request_id = await counter.open()
    first = await counter.ticket(request_id)
    second = await counter.ticket(request_id)
    with pytest.raises(TicketRefusedError):
        await counter.send(request_id, first)
    with pytest.raises(TicketRefusedError):
        await counter.send(uuid4(), second)
    await counter.send(request_id, second)
    await counter.wires.flow()
    await counter.done(request_id, second)
    assert (await counter.done(request_id, second)).state is Stage.WRITTEN
    with pytest.raises(WrongStageError):
        await counter.done(request_id, second, written=False)
    await counter.hand_over(request_id)
    with pytest.raises(TicketRefusedError):
        await counter.done(request_id, second)


async def test_another_chip_and_other_keys_are_refused_and_the_same_keys_are_not(
    counter: Counter,
) -> None:
    request_id = await counter.open()
    secret = await counter.ticket(request_id)
    with pytest.raises(WrongChipError):
        await counter.send(request_id, secret, chip_number="9999999999999")
    with pytest.raises(OtherKeysError):
        await counter.send(request_id, secret, kinds=USER_AUTH)
    await counter.send(request_id, secret)
    assert (await counter.send(request_id, secret)).state is Stage.WAITING
    with pytest.raises(OtherKeysError):
        await counter.send(request_id, secret, name="other")
    await counter.wires.flow()
    asked = "select * from jpki.request where request_id = %s"
    assert len(await counter.wires.rows(Tier.NATION, asked, request_id)) == 1


async def test_one_writing_at_a_time_and_no_chip_of_somebody_else(counter: Counter) -> None:
    request_id = await counter.open()
    with pytest.raises(WritingUnderWayError):
        await counter.open()
    await counter.write(request_id)
    with pytest.raises(WritingUnderWayError):
        await counter.open(chip_number=counter.other_chip)
    await counter.hand_over(request_id)
    with pytest.raises(ChipInUseError):
        await counter.open()
    with pytest.raises(ChipInUseError):
        async with counter.town.transaction(town=TOWN) as tx:
            await counter.desk.open(
                tx, TOWN, counter.people[1], counter.application(renewal=True), by=CLERK
            )


async def test_a_renewal_in_the_persons_own_card_supersedes(counter: Counter) -> None:
    first = await counter.open()
    await counter.write(first)
    await counter.hand_over(first)
    second = await counter.open(renewal=True)
    await counter.write(second, name="2")
    found = await counter.mine(
        "select kind, state, cause from jpki.certificate where resident_id = %s order by 1, 2"
    )
    assert found == [
        ("signing", "revoked", "renewed"),
        ("signing", "valid", None),
        ("user-auth", "revoked", "renewed"),
        ("user-auth", "valid", None),
    ]


async def test_the_authoritys_refusal_reaches_the_counter_and_allows_a_new_application(
    counter: Counter,
) -> None:
    first = await counter.open()
    await counter.write(first)
    await counter.hand_over(first)
    second = await counter.open(chip_number=counter.other_chip)
    secret = await counter.ticket(second)
    await counter.send(second, secret, chip_number=counter.other_chip, name="2")
    await counter.wires.flow()
    async with counter.town.transaction(town=TOWN) as tx:
        answer = await counter.terminal.answer(tx, TOWN, second, secret)
    assert (answer.state, answer.refusal) == (Stage.REFUSED, "jpki.already-certified")
    assert "更新" in answer.detail
    await counter.done(second, secret, written=False, failure="abandoned")
    assert await counter.stage(second) is Stage.REFUSED
    await counter.open(renewal=True)


@pytest.mark.parametrize("written", [False, True])
async def test_certificates_that_nobody_gets_are_ended_as_destroyed(
    counter: Counter, *, written: bool
) -> None:
    request_id = await counter.open()
    secret = await counter.ticket(request_id)
    await counter.send(request_id, secret)
    await counter.wires.flow()
    if written:
        await counter.done(request_id, secret)
        await counter.give_up(request_id)
        assert await counter.chips() == [("lapsed",)]
    else:
        await counter.done(request_id, secret, written=False, failure="removed")
        await counter.wires.flow()
    ended = ("revoked", "not-handed-over")
    assert await counter.nation() == {"signing": ended, "user-auth": ended}
    assert set((await counter.certificates()).values()) == {ended}
    reasons = await counter.wires.rows(
        Tier.NATION,
        "select distinct reason from jpki.certificate where chip_number = %s",
        counter.chip,
    )
    assert reasons == [("unspecified",)]


async def test_an_answer_that_comes_after_the_writing_was_given_up_ends_its_certificates(
    counter: Counter,
) -> None:
    request_id = await counter.open()
    secret = await counter.ticket(request_id)
    await counter.send(request_id, secret)
    await counter.give_up(request_id)
    ended = ("revoked", "not-handed-over")
    assert await counter.nation() == {"signing": ended, "user-auth": ended}


async def test_a_loss_suspends_card_and_certificates_and_a_new_card_can_be_made(
    counter: Counter,
) -> None:
    first = await counter.open()
    await counter.write(first)
    await counter.hand_over(first)
    await counter.report(Cause.LOSS)
    held = ("held", "loss")
    assert await counter.nation() == {"signing": held, "user-auth": held}
    assert await counter.certificates() == {"signing": held, "user-auth": held}
    assert await counter.chips() == [("suspended",)]
    second = await counter.open(chip_number=counter.other_chip)
    await counter.write(second, chip_number=counter.other_chip, name="2")
    await counter.hand_over(second)
    assert (await counter.nation())["signing"] == ("valid", None)


async def test_one_certificate_is_given_up_and_the_card_stays_in_use(counter: Counter) -> None:
    first = await counter.open()
    await counter.write(first)
    await counter.hand_over(first)
    await counter.report(Cause.REQUEST, CertificateKind.SIGNING)
    assert await counter.certificates() == {
        "signing": ("revoked", "request"),
        "user-auth": ("valid", None),
    }
    assert await counter.chips() == [("handed-over",)]
    with pytest.raises(NothingToReportError):
        await counter.report(Cause.REQUEST)


async def test_no_step_is_taken_out_of_order_and_none_for_another_town(counter: Counter) -> None:
    request_id = await counter.open()
    secret = await counter.ticket(request_id)
    with pytest.raises(WrongStageError):
        await counter.done(request_id, secret)
    with pytest.raises(WrongStageError):
        await counter.hand_over(request_id)
    with pytest.raises(UnknownWritingError):
        async with counter.town.transaction(town=OTHER_TOWN) as tx:
            await counter.desk.ticket(tx, OTHER_TOWN, request_id, by=CLERK)
    await counter.give_up(request_id)
    with pytest.raises(WrongStageError):
        await counter.ticket(request_id)


async def test_who_has_left_the_register_gets_no_card(counter: Counter) -> None:
    gone = replace(counter.people[0], state=State.REMOVED)
    with pytest.raises(NotResidentError):
        async with counter.town.transaction(town=TOWN) as tx:
            await counter.desk.open(tx, TOWN, gone, counter.application(), by=CLERK)


async def test_a_ticket_runs_out_by_the_machines_clock(counter: Counter) -> None:
    request_id = await counter.open()
    with time_machine.travel("2026-11-20T01:00:00+00:00", tick=False) as now:
        secret = await counter.ticket(request_id)
        now.shift(timedelta(minutes=14, seconds=59))
        await counter.send(request_id, secret)
        now.shift(timedelta(seconds=1))
        with pytest.raises(TicketRefusedError):
            await counter.send(request_id, secret)


async def test_what_nobody_goes_on_with_is_closed_after_a_day_and_forgotten(
    counter: Counter,
) -> None:
    """It moves the clock of the network, and puts it back."""
    answered = await counter.open()
    secret = await counter.ticket(answered)
    await counter.send(answered, secret)
    await counter.wires.flow()
    second = Counter(counter.wires, next(PAIRS))
    written = await second.open()
    await second.write(written)
    await close_stale(counter.town, counter.wires.writings)
    assert await counter.stage(answered) is Stage.ANSWERED
    clock = counter.wires.node.clock
    assert isinstance(clock, FixedClock)
    before = clock.instant
    try:
        clock.instant = before + timedelta(days=1, seconds=1)
        await close_stale(counter.town, counter.wires.writings)
        await counter.wires.flow()
    finally:
        clock.instant = before
    assert await counter.stage(answered) is Stage.FAILED
    ended = ("revoked", "not-handed-over")
    assert await counter.nation() == {"signing": ended, "user-auth": ended}
    assert await second.stage(written) is Stage.WRITTEN
    assert await second.nation() == {"signing": ("valid", None), "user-auth": ("valid", None)}
    kept = "select 1 from jpki.writing where sealed is not null or answer is not null"
    assert await counter.wires.rows(Tier.TOWN, kept) == []
    await second.hand_over(written)


def ending(**values: Any) -> J04:
    fields: dict[str, Any] = {
        "municipality": TOWN,
        "juki_code": builders.juki_code().reveal(),
        "certificate": CertificateKind.SIGNING,
        "serial": "0a0b",
        "reason": Reason.CESSATION,
        "cause": Cause.DELETED,
        "state": "revoked",
        "at": datetime(2026, 11, 20, 10, 0, tzinfo=JST),
    }
    return J04(**(fields | values))


@pytest.mark.parametrize(
    ("values", "origin", "refusal"),
    [
        ({}, NATION, UnknownPersonError),
        ({}, Party.town(OTHER_TOWN), WrongOriginError),
        ({"municipality": OTHER_TOWN}, NATION, WrongReceiverError),
    ],
    ids=["nobody", "another town speaks", "another town's"],
)
async def test_word_of_an_end_is_taken_from_the_nation_and_for_our_own_people_only(
    counter: Counter, values: dict[str, Any], origin: Party, refusal: type[Exception]
) -> None:
    said = received(ending(**values), origin=origin, receiver=Party.town(TOWN))
    told = Told(counter.wires.writings)
    async with counter.town.transaction(town=TOWN) as tx:
        with pytest.raises(refusal):
            await told.receive_endings(tx, [said])
        with pytest.raises((InvalidMessageError, WrongOriginError)):
            await told.receive_answers(tx, [said])


async def test_the_end_of_a_certificate_of_another_town_is_kept_and_ends_the_card(
    counter: Counter,
) -> None:
    request_id = await counter.open()
    await counter.write(request_id)
    await counter.hand_over(request_id)
    code = counter.people[0].juki_code.reveal()
    said = received(ending(juki_code=code), origin=NATION, receiver=Party.town(TOWN))
    async with counter.town.transaction(town=TOWN) as tx:
        await Told(counter.wires.writings).receive_endings(tx, [said, said])
    assert await counter.chips() == [("lapsed",)]
    ended = "select serial from jpki.certificate where resident_id = %s and state = 'revoked'"
    assert await counter.mine(ended) == [("0a0b",)]
