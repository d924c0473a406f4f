"""A register event of each kind changes exactly the certificates that the law's table says.

Town, prefecture and nation run over a real broker, put together as `jichitai up` does it. What the
table says is section by section 公的個人認証法 第12条, 第15条, 第31条, 第34条.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from jichitai.infra.broker import Broker
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.dispatcher import Dispatcher
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.receiver import Receiver
from jichitai.infra.settings import Settings
from jichitai.jpki import clocks
from jichitai.jpki.authority import service as authority
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.model import Order
from jichitai.jpki.authority.vault import open_vault
from jichitai.jpki.counter.access import writings_of
from jichitai.jpki.counter.service.reporting import Reports
from jichitai.jpki.kinds import Cause, CertificateKind
from jichitai.jpki.lifecycle import model
from jichitai.jpki.lifecycle.model import Basis
from jichitai.jpki.lifecycle.watching import seal_basis
from jichitai.jpki.lifecycle.worker import lapse_all
from jichitai.jpki.messages import J01
from jichitai.jukinet.network import standing
from jichitai.jukinet.node import Node
from jichitai.jukinet.numbers import service as numbers
from jichitai.jukinet.worker import TownWorker
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.main.tiers import handlers
from jichitai.register.model import forms
from jichitai.register.model.resident import Resident
from jichitai.register.service.entries import Entries
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from tests import builders
from tests.builders import APPROVER, CLERK, OTHER_TOWN, TOWN
from tests.conftest import Cluster, fresh_database
from tests.jpki.card_wires import HASHES, keys_made
from tests.jpki.pki import set_up_nation
from tests.jukinet.wires import Wires, load_everywhere

BOTH = tuple(CertificateKind)
SECONDS = 5.0
VALID = ("valid", None)
TIERS = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION)

Make = Callable[[Resident], forms.Form]


def head(**values: Any) -> Resident:
    return builders.resident(**values)


@dataclass(frozen=True)
class Event:
    """One line of the table.

    Attributes:
        name: of the event.
        form: what is entered at the counter for the person.
        signing, user_auth: why each certificate ends, or None when it stays.
        town: where it is entered.
        first: entered and approved before, for a cancellation.
    """

    name: str
    form: Make
    signing: Cause | None
    user_auth: Cause | None
    town: str = TOWN
    person: Resident = field(default_factory=head)


def correction(**values: Any) -> Make:
    return lambda person: forms.NameCorrection(
        resident_id=person.id, occurred_on="R8.11.20", **values
    )


def moves_within(person: Resident) -> forms.Form:
    return forms.MoveWithin(
        resident_ids=(person.id,), occurred_on="R8.11.20", place=builders.place("北町", "9番9号")
    )


def minor(person: Resident) -> forms.Form:
    return forms.MinorCorrection(
        resident_ids=(person.id,),
        occurred_on="R8.11.20",
        cause=next(iter(forms.MINOR_CAUSES)),
        place=builders.place("新本町二丁目", "3番4号"),
    )


def dies(person: Resident) -> forms.Form:
    return forms.Death(resident_id=person.id, occurred_on="R8.11.19")


def leaves(person: Resident) -> forms.Form:
    return forms.MoveOut(resident_ids=(person.id,), occurred_on="R8.11.20", destination=OTHER_TOWN)


def goes_abroad(person: Resident) -> forms.Form:
    return forms.MoveAbroad(
        resident_ids=(person.id,), occurred_on="R8.11.20", country="アメリカ合衆国"
    )


def changes_code(person: Resident) -> forms.Form:
    return forms.CodeChange(resident_id=person.id, occurred_on="R8.11.20")


def arrives(person: Resident) -> forms.Form:
    """In the other town, where the person has reported the move."""
    assert person.my_number is not None
    return forms.MoveIn(
        occurred_on="R8.11.20",
        previous_municipality=TOWN,
        previous_address=person.address.text,
        place=builders.place("丸の内一丁目", "1番1号"),
        people=(
            forms.Person(
                name=person.name.text,
                kana=person.name.kana,
                birth_date=person.birth_date.code,
                sex=person.sex.value,
                relation="世帯主",
                juki_code=person.juki_code.reveal(),
                my_number=person.my_number.reveal(),
            ),
        ),
    )


RARE = builders.name("髙橋　太郎", "タカハシ　タロウ")
TABLE = [
    Event("転居", moves_within, Cause.CHANGED, None),
    Event("氏名の変更", correction(name="例示　太郎"), Cause.CHANGED, None),
    Event("生年月日の修正", correction(birth_date="S60.5.2"), Cause.CHANGED, None),
    Event("性別の修正", correction(sex="2"), Cause.CHANGED, None),
    Event("旧氏の記載", correction(former_name="例示", former_kana="レイジ"), Cause.CHANGED, None),
    Event("振り仮名の修正", correction(kana="ケンポン　タロウ"), None, None),
    Event("軽微な修正", minor, None, None),
    Event("文字の同定", correction(name="高橋　太郎"), None, None, person=head(name=RARE)),
    Event("住民票コードの変更", changes_code, None, None),
    Event("死亡", dies, Cause.DELETED, Cause.DELETED),
    Event("転入（ほかの市区町村）", arrives, Cause.MOVED_OUT, None, OTHER_TOWN),
    Event("転出", leaves, Cause.MOVED_OUT, None),
    Event("国外転出", goes_abroad, Cause.MOVED_OUT, None),
]
LOST, GAVE_UP, ISSUED, LEFT, MOVED = head(), head(), head(), head(), head()


class Network:
    """Three tiers that run."""

    def __init__(self, databases: dict[Tier, Database], keys: Keys, clock: FixedClock) -> None:
        self.databases = databases
        self.keys = keys
        self.clock = clock
        self.outbox = Outbox(keys.network, clock)
        self.node = Node(keys, self.outbox, clock)
        self.entries = Entries(keys, clock)

    async def record(self, town: str, form: forms.Form) -> int:
        """Enter, hand in, approve; the event's number."""
        async with self.databases[Tier.TOWN].transaction(town=town) as tx:
            entry_id = uuid4()
            assessed, _ = await self.entries.assess(tx, town, form)
            reasons = {finding.code: "確かめました" for finding in assessed.findings}
            await self.entries.enter(tx, town, entry_id, form, reasons=reasons, by=CLERK)
            entry = await self.entries.submit(tx, town, entry_id, by=CLERK)
            return await self.entries.approve(
                tx, town, entry.id, revision=entry.revision, by=APPROVER
            )

    async def certificates(self, person: Resident) -> dict[str, tuple[str, str | None]]:
        """Kind -> state and cause at the nation; by the chip, which every person has alone."""
        async with self.databases[Tier.NATION].transaction(read_only=True) as tx:
            cursor = await tx.execute(
                "select kind, state, cause from jpki.certificate where chip_number = %s",
                (chip_of(person),),
            )
            return {kind: (state, cause) for kind, state, cause in await cursor.fetchall()}

    async def told(self, person: Resident) -> dict[str, tuple[str, str]]:
        """Kind -> town and cause, of what towns were told."""
        async with self.databases[Tier.TOWN].transaction(all_towns=True) as tx:
            cursor = await tx.execute(
                "select certificate.kind, certificate.municipality, certificate.cause"
                " from jpki.certificate join register.resident using (municipality, resident_id)"
                " where code_index = %s and certificate.state <> 'valid'",
                (self.keys.blind.of("code", person.juki_code.reveal()),),
            )
            return {kind: (town, cause) for kind, town, cause in await cursor.fetchall()}

    async def heard(self, town: str, number: int) -> bool:
        """Whether the nation has the event's notice, or the event causes none."""
        async with self.databases[Tier.NATION].transaction(read_only=True) as tx:
            cursor = await tx.execute(
                "select event_number from jukinet.town_intake where municipality = %s", (town,)
            )
            row = await cursor.fetchone()
        return row is not None and row[0] >= number


def chip_of(person: Resident) -> str:
    return f"{person.id.int % 10**13:013}"


async def within(check: Callable[[], Any], wanted: object, seconds: float = SECONDS) -> None:
    """Wait until a check gives what is wanted; show what it gives when it does not."""
    end = monotonic() + seconds
    seen = await check()
    while seen != wanted and monotonic() < end:
        await asyncio.sleep(0.03)
        seen = await check()
    assert seen == wanted


@pytest.fixture(scope="module")
async def network(
    cluster18: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Network]:
    folder = tmp_path_factory.mktemp("certificates")
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    server = NatsServer(folder / "nats", durable=False)
    server.start()
    async with AsyncExitStack() as stack:
        stack.callback(server.stop)
        databases = {
            tier: await stack.enter_async_context(fresh_database(cluster18, tier, keys))
            for tier in TIERS
        }
        network = Network(databases, keys, clock)
        nation = Settings(tier=Tier.NATION, key_directory=folder / "keys")
        await prepare(network, nation)
        hub = await Broker.connect(server.url)
        stack.push_async_callback(hub.close)
        tasks = [asyncio.create_task(loop) for loop in loops(network, hub, nation)]
        stack.push_async_callback(stop, tasks)
        yield network


def loops(network: Network, hub: Broker, nation: Settings) -> list[Any]:
    """What the processes of the three tiers run."""
    keys, clock = network.keys, network.clock
    register = TownRegister(keys, clock)
    running: list[Any] = [
        TownWorker(network.databases[Tier.TOWN], network.node, register, digest_hour=-1).run()
    ]
    for tier in TIERS:
        settings = nation if tier is Tier.NATION else Settings(tier=tier)
        some = handlers(settings, keys, network.outbox, clock)
        database = network.databases[tier]
        running.append(Receiver(tier, database, hub, keys, some, clock).run())
        running.append(Dispatcher(tier, database, hub, keys).run())
    return running


async def stop(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def prepare(network: Network, nation: Settings) -> None:
    """A key ceremony, people everywhere, and certificates for all but one."""
    people = [event.person for event in TABLE] + [LOST, GAVE_UP, ISSUED, LEFT, MOVED]
    async with network.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        await load_initial(
            tx, TOWN, builders.initial(people), keys=network.keys, clock=network.clock
        )
    wires = Wires(network.databases, network.keys, network.clock)
    await wires.flow()
    await load_everywhere(wires, TOWN)
    async with network.databases[Tier.NATION].transaction() as tx:
        for town in (TOWN, OTHER_TOWN):
            await numbers.allot_codes(tx, network.node, town, 20)
        authorities = await set_up_nation(tx, network.keys, vault=open_vault(nation))
        for person in people:
            if person is not ISSUED:
                await certify(tx, network, authorities, person)
    await wires.flow()


async def certify(tx: Tx, network: Network, authorities: Authorities, person: Resident) -> None:
    """Both certificates of a person, over keys that are quick to make."""
    record = await standing.by_code(tx, network.keys, person.juki_code.reveal())
    assert record is not None
    items = model.items_of(record.identity, TOWN)
    basis = Basis(municipality=TOWN, certified=items, current=items)
    orders = [
        Order(
            person_id=record.person_id,
            kind=kind,
            municipality=TOWN,
            public_key=ec.generate_private_key(ec.SECP256R1()).public_key(),
            items=items if kind is CertificateKind.SIGNING else None,
            basis=seal_basis(network.keys.columns, basis, record.person_id),
            chip_number=chip_of(person),
            request_id=uuid4(),
            not_after=clocks.end_of(network.clock.today() + timedelta(days=365)),
        )
        for kind in BOTH
    ]
    await authority.issue_many(tx, authorities, orders, at=network.clock.now())


@pytest.mark.parametrize("event", TABLE, ids=[event.name for event in TABLE])
async def test_an_event_ends_exactly_the_certificates_of_the_table_within_five_seconds(
    network: Network, event: Event
) -> None:
    person = event.person
    number = await network.record(event.town, event.form(person))
    began = monotonic()
    causes = {"signing": event.signing, "user-auth": event.user_auth}
    wanted = {kind: ("revoked", cause.value) if cause else VALID for kind, cause in causes.items()}
    if any(causes.values()):
        await within(lambda: network.certificates(person), wanted)
        ended = {kind: (event.town, cause.value) for kind, cause in causes.items() if cause}
        await within(lambda: network.told(person), ended, SECONDS - (monotonic() - began))
    else:
        await within(lambda: network.heard(event.town, number), wanted=True)
        assert await network.certificates(person) == wanted
        assert await network.told(person) == {}
    assert monotonic() - began < SECONDS


async def test_thirty_days_after_a_departure_without_an_arrival_the_other_certificate_lapses(
    network: Network,
) -> None:
    """Whoever moved in elsewhere keeps it; whoever only left does not."""
    for person in (LEFT, MOVED):
        number = await network.record(TOWN, leaves(person))
    await within(lambda: network.heard(TOWN, number), wanted=True)
    number = await network.record(OTHER_TOWN, arrives(MOVED))
    await within(lambda: network.heard(OTHER_TOWN, number), wanted=True)
    now = network.clock.instant
    try:
        network.clock.instant = datetime(2026, 12, 20, 23, 59, 59, tzinfo=JST)
        await lapse_all(network.databases[Tier.NATION], network.node)
        assert (await network.certificates(LEFT))["user-auth"] == VALID
        network.clock.instant = datetime(2026, 12, 21, 0, 0, 0, tzinfo=JST)
        await lapse_all(network.databases[Tier.NATION], network.node)
        assert (await network.certificates(LEFT))["user-auth"] == ("revoked", "not-moved-in")
        assert (await network.certificates(MOVED))["user-auth"] == VALID

        async def told() -> tuple[str, str] | None:
            return (await network.told(LEFT)).get("user-auth")

        await within(told, (TOWN, "not-moved-in"))
    finally:
        network.clock.instant = now


@pytest.mark.parametrize(
    ("person", "cause", "kinds", "wanted"),
    [
        (LOST, Cause.LOSS, BOTH, {"signing": ("held", "loss"), "user-auth": ("held", "loss")}),
        (
            GAVE_UP,
            Cause.REQUEST,
            (CertificateKind.USER_AUTH,),
            {"signing": VALID, "user-auth": ("revoked", "request")},
        ),
    ],
    ids=["loss", "request"],
)
async def test_a_report_at_the_counter_ends_what_it_names_within_five_seconds(
    network: Network,
    person: Resident,
    cause: Cause,
    kinds: tuple[CertificateKind, ...],
    wanted: dict[str, tuple[str, str | None]],
) -> None:
    async with network.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        await Reports(writings_of(network.keys, network.clock)).report(
            tx,
            TOWN,
            person.id,
            cause=cause,
            kinds=kinds,
            reported_by="holder",
            happened_at=network.clock.now(),
            by=CLERK,
        )
    await within(lambda: network.certificates(person), wanted)


async def test_a_request_of_a_town_is_answered_with_certificates_within_five_seconds(
    network: Network,
) -> None:
    request_id: UUID = uuid4()
    made = keys_made(request_id, name="scenario", chip_number=chip_of(ISSUED))
    body = J01(
        request_id=request_id,
        municipality=TOWN,
        juki_code=ISSUED.juki_code.reveal(),
        chip_number=chip_of(ISSUED),
        card_until="2036-05-01",
        keys=made.keys,
        objects=HASHES,
        chip_challenge=made.challenge,
    )
    async with network.databases[Tier.TOWN].transaction(town=TOWN) as tx:
        await network.node.send(tx, Party.town(TOWN), NATION, body)
    await within(lambda: network.certificates(ISSUED), {"signing": VALID, "user-auth": VALID})
