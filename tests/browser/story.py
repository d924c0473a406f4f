"""People for journeys through the running tiers: two couples on their way from town to town."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.jukinet.provision import service as provision
from jichitai.jukinet.provision.model import Organ, State
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier
from jichitai.rehearsal.driver import cast
from jichitai.rehearsal.driver.townhall import TownHall
from tests.running import Running, all_tiers

OLD, NEW = "221309", "271403"
"""浜松市, which the couples leave, and 堺市, where they arrive."""
ORGAN, AFFAIR = "nenkin-journey", "T1-77"
COUNTRY = "アメリカ合衆国"
_PATIENCE = 60.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Couple:
    """Head and spouse, with the numbers that the town of before gave them."""

    head: str
    spouse: str
    kana: tuple[str, str]
    births: tuple[str, str]
    codes: tuple[str, str] = ("", "")
    numbers: tuple[str, str] = ("", "")

    @property
    def secrets(self) -> frozenset[str]:
        """What may stand in no title and no address."""
        return frozenset({*self.codes, *self.numbers})


PEOPLE = (
    Couple("見本　太郎", "見本　花子", ("ミホン　タロウ", "ミホン　ハナコ"),
           ("1985-05-01", "1986-06-02")),
    Couple("例示　一郎", "例示　桜子", ("レイジ　イチロウ", "レイジ　サクラコ"),
           ("1975-01-02", "1976-02-03")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """The running tiers and who lives in them."""

    running: Running
    couples: tuple[Couple, ...]
    today: date

    def resident_of(self, name: str) -> str:
        """Make a resident a persona at the nation; the name to choose on the list."""
        return aside(lambda: _become_persona(self.running, name))

    def told(self, name: str) -> bool:
        """Whether the nation knows the person in the new town."""
        return aside(lambda: _person_id(self.running, name)) is not None

    def wait_until_told(self, name: str) -> None:
        """Wait for the notice of a move to arrive at the nation."""
        end = time.monotonic() + _PATIENCE
        while not self.told(name):
            assert time.monotonic() < end, "the notice did not arrive"
            time.sleep(0.2)


def aside(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run a coroutine in a thread of its own: Playwright keeps a loop in the main one."""

    async def run() -> Result:
        return await work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def staff_name(town: str, title: str) -> str:
    """How a town's persona is called on the list."""
    return f"{municipality(town).name}　{title}"


@contextmanager
def tiers(folder: Path) -> Iterator[Running]:
    """The processes of all tiers for the two towns alone."""
    parties = {
        Tier.TOWN: [Party.town(OLD), Party.town(NEW)],
        Tier.PREFECTURE: [Party.prefecture(OLD[:2]), Party.prefecture(NEW[:2])],
        Tier.NATION: [NATION],
        Tier.MINISTRY: [MINISTRY],
    }
    served = {
        "JICHITAI_MUNICIPALITIES": f"{OLD},{NEW}",
        "JICHITAI_PREFECTURES": f"{OLD[:2]},{NEW[:2]}",
    }
    with all_tiers(folder, parties, settings=served) as running:
        yield running


def begin(running: Running) -> Story:
    """Introduce staff and a public body; let the couples live in the old town and leave it."""
    return aside(lambda: _begin(running))


async def _begin(running: Running) -> Story:
    today = SystemClock().today()
    await _introduce(running)
    async with TownHall(OLD, running.origin(Tier.TOWN), patience=_PATIENCE) as hall:
        couples = tuple([await _live_and_leave(hall, couple, today) for couple in PEOPLE])
    return Story(running, couples, today)


async def _introduce(running: Running) -> None:
    town = await Database.open(running.platform.dsn(Tier.TOWN), size=1)
    await cast.save(town, Tier.TOWN, cast.all_town_staff([OLD, NEW]))
    await town.close()
    clock = SystemClock()
    nation = await Database.open(running.platform.dsn(Tier.NATION), size=1)
    async with nation.transaction() as tx:
        organ = Organ(ORGAN, "日本年金機構", frozenset({AFFAIR}), 1000, State.ACTIVE)
        await provision.register_organ(tx, organ, by=SYSTEM, clock=clock)
        await provision.register_operator(tx, ORGAN, "op-1", "担当", by=SYSTEM, clock=clock)
    officer = cast.officer(ORGAN, "日本年金機構", "年金の事務のために照会します。")
    await cast.save(nation, Tier.NATION, [officer, *cast.nation_staff()])
    await nation.close()


def _person(name: str, kana: str, birth: str, sex: str, relation: str) -> dict[str, Any]:
    return {"name": name, "kana": kana, "kana_confirmed": True, "birth_date": birth, "sex": sex,
            "relation": relation}  # fmt: skip


async def _live_and_leave(hall: TownHall, couple: Couple, today: date) -> Couple:
    """From abroad into the old town, then out of it with the certificate sent ahead (特例)."""
    await hall.record(
        uuid4(),
        {
            "kind": "move-in-abroad",
            "occurred_on": (today - timedelta(days=3)).isoformat(),
            "country": COUNTRY,
            "place": {"town": "元城町", "lot": "103番地の2"},
            "people": [
                _person(couple.head, couple.kana[0], couple.births[0], "1", "世帯主"),
                _person(couple.spouse, couple.kana[1], couple.births[1], "2", "妻"),
            ],
        },
    )
    pairs = tuple(zip((couple.head, couple.spouse), couple.births, strict=True))
    ids = [await hall.find(name, birth) for name, birth in pairs]
    found = [await _numbers(hall, one) for one in ids]
    await hall.record(
        uuid4(),
        {
            "kind": "move-out",
            "occurred_on": today.isoformat(),
            "resident_ids": ids,
            "destination": NEW,
            "destination_address": "南瓦町3番1号",
            "special": True,
        },
    )
    codes, numbers = zip(*found, strict=True)
    return Couple(couple.head, couple.spouse, couple.kana, couple.births, codes, numbers)


async def _numbers(hall: TownHall, resident: str | None) -> tuple[str, str]:
    assert resident is not None
    end = time.monotonic() + _PATIENCE
    while True:
        code, number = await hall.numbers(resident)
        if number:
            return code, number
        assert time.monotonic() < end, "no number came"
        await asyncio.sleep(0.1)


async def _person_id(running: Running, name: str) -> UUID | None:
    nation = await Database.open(running.platform.dsn(Tier.NATION), size=1)
    async with nation.transaction(read_only=True) as tx:
        cursor = await tx.execute(
            "select person_id from jukinet.person"
            " where state = 'live' and municipality = %s and name = %s",
            (NEW, name),
        )
        row = await cursor.fetchone()
    await nation.close()
    return None if row is None else row[0]


async def _become_persona(running: Running, name: str) -> str:
    person = await _person_id(running, name)
    assert person is not None
    display = f"住民（{name[:2]}さん）"
    nation = await Database.open(running.platform.dsn(Tier.NATION), size=1)
    await cast.save(nation, Tier.NATION, [cast.resident(person, display, "引っ越した人")])
    await nation.close()
    return display
