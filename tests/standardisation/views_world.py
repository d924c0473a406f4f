"""The ministry with the published data, and with answers of a few bodies, for tests of the views."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from litestar import Litestar

from jichitai.correspondence.store import contacts
from jichitai.correspondence.store.contacts import Contact
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.standardisation.area import STANDARDISATION
from jichitai.standardisation.progress import loading, recording
from jichitai.standardisation.progress.costs import Basis, CostItem, Phase
from jichitai.standardisation.progress.model import Dataset, MeasureKind, SourceKind, businesses
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    SystemReport,
)
from jichitai.standardisation.shell import body_shell, ministry_shell
from jichitai.standardisation.views.routes import MINISTRY_ROUTES, TEMPLATES
from jichitai.web.app import create_app
from jichitai.web.frame import plain_shell
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.web.client import browser, signed_in

SAPPORO, HAKODATE, CHIYODA = "011002", "012025", "131016"
SECRET_VENDOR = "見本電算株式会社"
SECRET_RISK = "外字の同定が遅れている"


@dataclass
class World:
    """One node in one process."""

    app: Litestar
    database: Database
    clock: FixedClock

    def officer(self, *, html: bool = True, role: Role = Role.MINISTRY_OFFICER) -> Any:
        """Somebody of the ministry."""
        return signed_in(self.app, {role}, html=html)

    def anybody(self, *, html: bool = True) -> Any:
        """A reader who has not signed in."""
        return browser(self.app, html=html)


def answers(as_of: date, kind: SourceKind = SourceKind.SURVEY) -> Dataset:
    """A data set of answers."""
    return Dataset(
        dataset_id=f"{kind}-{as_of}",
        title="試験の調査",
        source_kind=kind,
        as_of=as_of,
        recorded_at=datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=JST),
        holds=frozenset(MeasureKind),
        source="団体の回答（試験）",
        confidence="reported",
    )


def report(code: str, done: int, target: date | None, why: str = "", **changes: Any) -> BodyReport:
    """What a body answers: one late system, the others done so far."""
    first, *others = (one for one in businesses() if not one.common)
    late = SystemReport(
        business=first.key,
        states="2" * done + "1" * min(3, 40 - done) + "0" * max(0, 37 - done),
        late=True,
        reason_class=4,
        target_on=target,
        target_reason=why,
        deadline_class=DeadlineClass.LATE,
        vendor=SECRET_VENDOR,
        contract="令和9年3月までの賃貸借",
        cloud=Cloud.YES,
        risks=SECRET_RISK,
    )
    rest = [
        SystemReport(
            business=one.key, states="2" * 40, late=False, deadline_class=DeadlineClass.IN_TIME
        )
        for one in others
    ]
    return BodyReport(body=code, systems=(late, *rest), **changes)


def amounts(after: int) -> tuple[CostItem, ...]:
    """Costs of one item before and after."""
    return (
        CostItem(phase=Phase.BEFORE, item="cloud", fiscal_year=2018, yen=100_000_000),
        CostItem(
            phase=Phase.AFTER,
            item="cloud",
            fiscal_year=2026,
            yen=after,
            basis=Basis.CONTRACT,
            usd_rate=Decimal(150),
        ),
    )


async def filled(database: Database, clock: FixedClock) -> None:
    """The published data, two rounds of answers, and one rehearsal."""
    async with database.transaction() as tx:
        await loading.load_open_data(tx, clock)
        for as_of, done, target, why in (
            (date(2026, 9, 30), 20, date(2027, 3, 31), ""),
            (date(2026, 10, 31), 24, date(2027, 9, 30), "事業者の技術者が足りない"),
        ):
            told = answers(as_of)
            bodies = [
                report(SAPPORO, done, target, why, costs=amounts(230_000_000)),
                report(HAKODATE, done + 4, target, why, costs=amounts(60_000_000)),
                report(CHIYODA, done, target, why, costs=amounts(1)[:1]),
            ]
            await recording.record_reports(tx, told, bodies, at=told.recorded_at, by="test")
        play = answers(date(2026, 10, 31), SourceKind.REHEARSAL)
        await recording.record_reports(
            tx, play, [report(SAPPORO, 40, None)], at=play.recorded_at, by="test"
        )
    async with database.transaction(all_towns=True) as tx:
        office = Contact(
            body=SAPPORO,
            office="デジタル戦略推進局",
            mail="digital@sapporo.example.jp",
            phone="011-000-0000",
        )
        await contacts.add_contacts(tx, STANDARDISATION, "00", [office], at=clock.now(), by="test")


@asynccontextmanager
async def views_world(cluster: Cluster, keys: Keys) -> AsyncIterator[World]:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        await filled(database, clock)
        app = create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY, rate_limit=0),
            controllers=list(MINISTRY_ROUTES),
            templates=[TEMPLATES],
            db=database,
            clock=clock,
            keys=keys,
            shell=ministry_shell(plain_shell(Tier.MINISTRY)),
        )
        yield World(app, database, clock)


@asynccontextmanager
async def node(tier: Tier, routes: Any, cluster: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    """A tier that keeps no progress of the country."""
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with fresh_database(cluster, tier, keys) as database:
        yield create_app(
            tier,
            Settings(tier=tier, rate_limit=0),
            controllers=list(routes),
            templates=[TEMPLATES],
            db=database,
            clock=clock,
            keys=keys,
            shell=body_shell(plain_shell(tier)),
        )
