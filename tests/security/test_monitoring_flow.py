"""Logs from their arrival to an alert, a notice and an incident, on a real database."""

import gzip
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.security.monitoring.errors import (
    AddressTakenError,
    NotMemberError,
    TooManyLogsError,
    UnknownAlertError,
    UnknownSourceError,
    WrongTokenError,
)
from jichitai.security.monitoring.model.alerts import AlertState, Decision
from jichitai.security.monitoring.model.sources import Source
from jichitai.security.monitoring.service.alerts import Alerts
from jichitai.security.monitoring.service.detecting import Detecting
from jichitai.security.monitoring.service.intake import Intake, unpack
from jichitai.security.monitoring.service.rulebook import RuleBook
from jichitai.security.monitoring.service.sources import NewSource, Sources, of_token
from jichitai.security.monitoring.store import alerts as alert_store
from jichitai.security.monitoring.store import batches
from tests.security.monitoring_builders import (
    ANALYST,
    BODY,
    FOREIGN_BODY,
    NEIGHBOUR,
    OTHER_BODY,
    PREFECTURE,
    json_lines,
)


class World:
    """The services over one fresh database and folder."""

    def __init__(self, database: Database, clock: FixedClock, outbox: Outbox, folder: Path) -> None:
        self.database = database
        self.clock = clock
        self.sources = Sources(clock)
        self.intake = Intake(database, clock, folder)
        self.detecting = Detecting(self.intake, RuleBook(clock))
        self.alerts = Alerts(self.intake, outbox)

    async def source(self, body: str = BODY, **changes: Any) -> tuple[Source, str]:
        values = {"area": "INT", "function": "SRV", "format": "json", "name": "端末"}
        wanted = NewSource(body=body, **(values | changes))
        async with self.database.transaction(all_towns=True) as tx:
            return await self.sources.register(tx, wanted, by=ANALYST)

    async def send(self, source: Source, data: bytes) -> int:
        async with self.database.transaction() as tx:
            return await self.intake.accept(tx, source, data, transport="http")

    async def work(self) -> None:
        while await self.intake.read_waiting():
            pass
        while await self.detecting.scan_new():
            pass

    async def found(self) -> list[Any]:
        async with self.database.transaction() as tx:
            return await alert_store.listed(tx, PREFECTURE)


@pytest.fixture
def world(
    prefecture_database: Database, clock: FixedClock, outbox: Outbox, tmp_path: Path
) -> World:
    return World(prefecture_database, clock, outbox, tmp_path / "logs")


def logons(times: int, *, every: int, outcome: str = "failure", start: int = 0) -> bytes:
    def at(n: int) -> str:
        seconds = start + n * every
        return (
            f"2026-11-20T{9 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}+09:00"
        )

    rows = [
        {"time": at(n), "category": "logon", "outcome": outcome, "src": "203.0.113.9", "user": "a"}
        for n in range(times)
    ]
    return json_lines(*rows)


async def test_logs_become_an_alert_once_and_grow_when_more_come(world: World) -> None:
    source, token = await world.source()
    async with world.database.transaction() as tx:
        assert (await of_token(tx, source.source_id, token)).source_id == source.source_id
        with pytest.raises(WrongTokenError):
            await of_token(tx, source.source_id, "x" * 43)
        with pytest.raises(WrongTokenError):
            await of_token(tx, UUID(int=5), token)
    # the attack comes in two pieces, and only both together reach the count
    await world.send(source, logons(6, every=20))
    await world.work()
    assert await world.found() == []
    number = await world.send(source, b"no json\n" + logons(6, every=20, start=125))
    await world.work()
    (alert,) = await world.found()
    assert (alert.rule_file, alert.body, alert.events, alert.state) == (
        "brute_force",
        BODY,
        12,
        AlertState.NEW,
    )
    assert alert.key == {"src": "203.0.113.9"}
    async with world.database.transaction() as tx:
        batch = await batches.get(tx, PREFECTURE, number)
        assert batch is not None
        assert (batch.state, batch.lines, batch.events) == ("stored", 7, 6)
        assert batch.refused == {"unreadable": 1}
    await world.send(source, logons(2, every=20, start=250))
    await world.work()
    (grown,) = await world.found()
    assert (grown.alert_id, grown.events) == (alert.alert_id, 14)
    # nothing waits on the disk, and the events can be shown with the alert
    assert list((world.intake.folder / PREFECTURE / "spool").iterdir()) == []
    async with world.database.transaction() as tx:
        lines = await world.alerts.evidence(tx, alert.alert_id, by=ANALYST)
        assert len(lines) == 14
        assert '"203.0.113.9"' in lines[0].line
        with pytest.raises(UnknownAlertError):
            await world.alerts.evidence(tx, alert.alert_id, by=NEIGHBOUR)


async def test_an_address_belongs_to_one_source_and_a_body_to_its_prefecture(world: World) -> None:
    await world.source(address="192.0.2.0/28")
    with pytest.raises(AddressTakenError):
        await world.source(OTHER_BODY, address="192.0.2.5")
    with pytest.raises(NotMemberError):
        await world.source(FOREIGN_BODY)
    source, _ = await world.source(OTHER_BODY, address="192.0.2.99")
    async with world.database.transaction(all_towns=True) as tx:
        with pytest.raises(UnknownSourceError):
            await world.sources.retire(tx, source.source_id, by=NEIGHBOUR)
        await world.sources.retire(tx, source.source_id, by=ANALYST)
    await world.source(BODY, address="192.0.2.99")


async def test_an_unreadable_batch_stays_and_the_others_go_on(world: World) -> None:
    source, _ = await world.source()
    lost = await world.send(source, logons(1, every=1))
    world.intake.lake(PREFECTURE).spooled(lost).unlink()
    kept = await world.send(source, logons(1, every=1))
    await world.work()
    async with world.database.transaction() as tx:
        found = {one.batch_no: one.state for one in await batches.latest(tx, PREFECTURE)}
    assert found == {lost: "failed", kept: "stored"}


def test_packed_logs_are_unpacked_within_bounds() -> None:
    assert unpack(gzip.compress(b"a\n")) == b"a\n"
    for bad in (b"plain", gzip.compress(b"a\n")[:-3], gzip.compress(b"\0" * (65 * 2**20))):
        with pytest.raises(TooManyLogsError):
            unpack(bad)


async def test_an_alert_is_judged_suppressed_and_told(world: World) -> None:
    source, _ = await world.source()
    await world.send(source, logons(12, every=10))
    await world.work()
    (alert,) = await world.found()
    async with world.database.transaction() as tx:
        told = await world.alerts.notify(tx, alert.alert_id, "送信元を遮断してください", by=ANALYST)
        assert told.state is AlertState.NOTIFIED
        sent = await (await tx.execute("select receiver, kind from infra.outbox")).fetchall()
        assert sent == [("town-011002", "S03")]
        await world.alerts.suppress(
            tx,
            alert.alert_id,
            field="src",
            all_bodies=False,
            until=world.clock.today(),
            reason="監視装置の点検",
            by=ANALYST,
        )
        assert (await alert_store.get(tx, PREFECTURE, alert.alert_id)).state is AlertState.FALSE
    await world.send(source, logons(12, every=10, start=600))
    await world.work()
    assert {one.state for one in await world.found()} == {AlertState.FALSE, AlertState.SUPPRESSED}
    async with world.database.transaction() as tx:
        again = await world.alerts.decide(
            tx, alert.alert_id, Decision.REOPEN, "点検ではなかった", by=ANALYST
        )
        assert again.state is AlertState.WORKING
