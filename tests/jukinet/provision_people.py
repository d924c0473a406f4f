"""People, bodies and operators for the tests of provision and disclosure."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import msgspec

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jukinet import hashing
from jichitai.jukinet.provision.model import Organ, State
from jichitai.jukinet.provision.store import organs
from jichitai.kernel.identifiers import AmbiguousBodyError, JukiCode, MyNumber
from jichitai.kernel.persons import kana_key, reduce_text

PENSION = Organ("nenkin", "日本年金機構", frozenset({"T1-77", "T1-74"}), 100_000, State.ACTIVE)
FOREIGN = Organ("gaimu", "外務省", frozenset({"T1-41"}), 100_000, State.ACTIVE)
CITY = Organ("shi", "見本市", frozenset({"U12"}), 100, State.ACTIVE)
CLOSED = Organ("closed", "停止機関", frozenset({"T1-41"}), 100, State.SUSPENDED)
SMALL = Organ("small", "小さな機関", frozenset({"T1-41", "T1-77"}), 2, State.ACTIVE)
ORGANS = (PENSION, FOREIGN, CITY, CLOSED, SMALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One row of the nation's identity data."""

    serial: int
    name: str = "見本\u3000花子"
    kana: str = "ミホン\u3000ハナコ"
    birth_date: str = "1985-05-01"
    sex: str = "2"
    address: str = "中央区北一条西二丁目1番地"
    state: str = "live"
    net_reason: str = "N01"
    voided: bool = False
    alias: str | None = None

    @property
    def person_id(self) -> uuid.UUID:
        return uuid.UUID(int=(1 << 100) + self.serial)

    @property
    def code(self) -> str:
        for last in range(10):
            with suppress(AmbiguousBodyError):
                return JukiCode.from_body(
                    f"{2_000_000_000 + self.serial * 10 + last:010d}"
                ).reveal()
        raise AssertionError

    @property
    def number(self) -> str:
        return MyNumber.from_body(f"{self.serial:011d}").reveal()


async def settle(tx: Tx, keys: Keys, *people: Somebody) -> None:
    """Write people into the nation's tables as the intake does."""
    blind = keys.network_blind
    for one in people:
        person_id = one.person_id
        code_hash = hashing.code_hash(blind, one.code)
        number_hash = hashing.number_hash(blind, one.number)
        plain = msgspec.json.encode({"code": one.code, "number": one.number})
        await tx.execute(
            "insert into jukinet.person (person_id, municipality, state, voided, sealed,"
            " code_hash, number_hash, name, name_reduced, kana, kana_key, birth_date, sex,"
            " postal_code, address, alias, net_reason, changed_on, residence_since, event_number,"
            " row_hash, bucket) values (%s, '011002', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " '0600001', %s, %s, %s, '2026-04-01', %s, 1, %s, 0)",
            (
                person_id,
                one.state,
                one.voided,
                keys.columns.seal(plain, person_id.bytes),
                code_hash,
                number_hash,
                one.name,
                reduce_text(one.name),
                one.kana,
                kana_key(one.kana),
                one.birth_date,
                one.sex,
                one.address,
                one.alias,
                one.net_reason,
                date(2026, 4, 1),
                bytes(16),
            ),
        )
        await tx.execute(
            "insert into jukinet.code_lookup values (%s, %s, true)", (code_hash, person_id)
        )
        await tx.execute(
            "insert into jukinet.number_lookup values (%s, %s, true)", (number_hash, person_id)
        )
        for match in (
            hashing.name_key(blind, reduce_text(one.name), one.birth_date),
            hashing.kana_match_key(blind, kana_key(one.kana), one.birth_date),
        ):
            await tx.execute("insert into jukinet.match_lookup values (%s, %s)", (match, person_id))


async def register_bodies(tx: Tx, clock: Clock) -> None:
    """Register the bodies above, each with operator op-1, and the suspended op-9."""
    for organ in ORGANS:
        await organs.save_organ(tx, organ, clock.now())
        for operator_id, state in (("op-1", State.ACTIVE), ("op-9", State.SUSPENDED)):
            await organs.save_operator(
                tx, organ.organ_id, operator_id, "操作 一郎", state, clock.now()
            )


async def count(database: Database, table: str) -> int:
    """Rows of a table."""
    async with database.transaction() as tx:
        row = await (await tx.execute(f"select count(*) from {table}")).fetchone()
    assert row is not None
    return int(row[0])
