"""Asking: every answer has its record and its leaf, every refusal is clear and counted."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.transparency import merkle, proof
from jichitai.infra.transparency import store as log
from jichitai.jukinet.affairs import Field, KeyKind, UnknownAffairError
from jichitai.jukinet.provision import errors, model, service
from jichitai.jukinet.provision.model import Reason
from jichitai.jukinet.provision.service import Asker, Person, Provision, Sought, Stated
from jichitai.jukinet.provision.store import entries
from jichitai.kernel.errors import InvalidError, JichitaiError
from tests.jukinet.provision_people import (
    PENSION,
    SMALL,
    Somebody,
    count,
    register_bodies,
    settle,
)

HANAKO = Somebody(serial=1)
TWIN = Somebody(
    serial=2, name="同名\u3000太郎", kana="ドウメイ\u3000タロウ", sex="1", address="東区一"
)
OTHER_TWIN = replace(TWIN, serial=3, address="西区二")
LATE = Somebody(serial=4, name="故\u3000人", kana="コ\u3000ヒト", state="removed", net_reason="N05")
GONE = Somebody(
    serial=5, name="転\u3000出", kana="テン\u3000シュツ", state="removed", net_reason="N04"
)
VOID = Somebody(serial=6, name="取\u3000消", kana="トリ\u3000ケシ", state="removed", voided=True)
HIDDEN = Somebody(serial=7, name="支援\u3000対象", kana="シエン\u3000タイショウ")
FOREIGNER = Somebody(serial=8, name="ＪＯＨＮ\u3000ＤＯＥ", kana="", alias='引用"符\u3000\\名')

PENSIONS = Stated("T1-77", Reason.SURVIVAL, "R-1")
PASSPORT = Stated("T1-41", Reason.APPLICATION, "A-2026/7")
CLERK = Asker("nenkin", "op-1")
OFFICER = Asker("gaimu", "op-1")


@pytest.fixture
async def provision(
    nation_database: Database, keys: Keys, clock: FixedClock
) -> AsyncIterator[Provision]:
    async with nation_database.transaction() as tx:
        await register_bodies(tx, clock)
        await settle(tx, keys, HANAKO, TWIN, OTHER_TWIN, LATE, GONE, VOID, HIDDEN, FOREIGNER)
        await service.protect(
            tx, HIDDEN.person_id, since=date(2026, 1, 1), until=None, by=SYSTEM, clock=clock
        )
    made = Provision(nation_database, keys, clock)
    await made.start()
    yield made
    await made.close()


async def answer(
    provision: Provision, sought: Sought, stated: Stated = PENSIONS, by: Asker = CLERK
) -> dict[str, Any]:
    return dict(json.loads(await provision.ask(by, stated, sought)))


async def every_record(database: Database) -> list[model.Entry]:
    async with database.transaction() as tx:
        return await entries.of_log(tx, 0, 10_000)


async def assert_log_holds(database: Database) -> None:
    """Every record is the leaf at its place, and nothing else is in the log."""
    records = await every_record(database)
    leaves = [merkle.leaf_hash(proof.canonical(model.record_of(one))) for one in records]
    async with database.transaction() as tx:
        head = await log.head(tx, model.LOG)
    assert [one.log_index for one in records] == list(range(head.size))
    assert head.root == merkle.root(head.size, merkle.memory_node(leaves))


async def test_a_number_gives_the_fields_of_the_affair(
    provision: Provision, nation_database: Database
) -> None:
    got = await answer(provision, Sought(number=HANAKO.number))
    assert got["result"] == "hit"
    assert got["receipt"] == "202611-0"
    assert got["person"] == {
        "state": "live",
        "name": HANAKO.name,
        "kana": HANAKO.kana,
        "birth_date": "1985-05-01",
        "sex": "2",
        "municipality": "011002",
        "postal_code": "0600001",
        "address": HANAKO.address,
        "change_reason": "N01",
        "changed_on": "2026-04-01",
    }
    (record,) = await every_record(nation_database)
    assert record.person_id == HANAKO.person_id
    assert (record.organ_id, record.operator_id, record.affair_id) == ("nenkin", "op-1", "T1-77")
    await assert_log_holds(nation_database)


async def test_code_name_and_kana_find_the_same_person(provision: Provision) -> None:
    for sought in (
        Sought(code=HANAKO.code),
        Sought(person=Person("見本 花子", "昭和60年5月1日")),
        Sought(person=Person("見本花子", "1985-05-01", sex="2")),
        Sought(
            person=Person("みほん はなこ", "S60.5.1", address="札幌市中央区北一条西二丁目1番地")
        ),
    ):
        got = await answer(provision, sought)
        assert got["result"] == "hit"
        assert got["person"]["name"] == HANAKO.name


async def test_several_are_never_told_and_more_conditions_find_the_one(
    provision: Provision, nation_database: Database
) -> None:
    person = Person("同名 太郎", "1985-05-01")
    assert await answer(provision, Sought(person=person)) == {
        "receipt": "202611-0",
        "at": "2026-11-20T01:00:00.000000Z",
        "result": "several",
    }
    narrowed = await answer(provision, Sought(person=replace(person, address="西区二")))
    assert narrowed["person"]["address"] == "西区二"
    nobody = await answer(provision, Sought(person=replace(person, sex="2")))
    assert nobody["result"] == "none"
    records = await every_record(nation_database)
    people = {TWIN.person_id, OTHER_TWIN.person_id}
    assert records[0].person_id not in people
    assert records[1].person_id == OTHER_TWIN.person_id
    assert len({one.person_id for one in records}) == 3
    assert records[0].fields == ()


@pytest.mark.parametrize(
    ("somebody", "result"), [(LATE, "deceased"), (GONE, "moved"), (VOID, "none")]
)
async def test_removed_people_are_named_by_their_reason(
    provision: Provision, somebody: Somebody, result: str
) -> None:
    got = await answer(provision, Sought(number=somebody.number))
    assert got["result"] == result
    assert ("person" in got) == (result != "none")


async def test_a_protected_address_is_withheld(
    provision: Provision, nation_database: Database
) -> None:
    got = await answer(provision, Sought(number=HIDDEN.number))
    assert got["person"]["withheld"] == ["address"]
    assert not {"address", "postal_code", "municipality"} & set(got["person"])
    (record,) = await every_record(nation_database)
    assert Field.ADDRESS not in record.fields
    assert HIDDEN.address not in json.dumps(got, ensure_ascii=False)


async def test_quotes_in_names_stay_json(provision: Provision) -> None:
    got = await answer(provision, Sought(number=FOREIGNER.number))
    assert got["person"]["alias"] == FOREIGNER.alias


async def test_the_number_is_given_only_when_the_affair_may_and_it_is_wanted(
    provision: Provision,
) -> None:
    wanted = replace(PENSIONS, fields=(Field.NUMBER, Field.NAME))
    got = await answer(provision, Sought(code=HANAKO.code), wanted)
    assert got["person"] == {
        "state": "live",
        "name": HANAKO.name,
        "kana": HANAKO.kana,
        "number": HANAKO.number,
    }
    with pytest.raises(errors.FieldNotAllowedError):
        await answer(
            provision,
            Sought(person=Person("見本 花子", "1985-05-01")),
            replace(PASSPORT, fields=(Field.NUMBER,)),
            OFFICER,
        )


@pytest.mark.parametrize(
    ("error", "by", "stated", "sought"),
    [
        (errors.UnknownOrganError, Asker("nobody", "op-1"), PENSIONS, Sought(number=HANAKO.number)),
        (errors.UnknownOperatorError, Asker("nenkin", "op-2"), PENSIONS, Sought(number="1")),
        (errors.SuspendedOperatorError, Asker("nenkin", "op-9"), PENSIONS, Sought(number="1")),
        (errors.SuspendedOrganError, Asker("closed", "op-1"), PASSPORT, Sought(number="1")),
        (UnknownAffairError, CLERK, replace(PENSIONS, affair_id="T9"), Sought(number="1")),
        (errors.AffairNotAllowedError, OFFICER, PENSIONS, Sought(number=HANAKO.number)),
        (errors.KeyNotAllowedError, OFFICER, PASSPORT, Sought(number=HANAKO.number)),
        (errors.KeyNotAllowedError, OFFICER, PASSPORT, Sought(code=HANAKO.code)),
        (
            errors.ReasonNotAllowedError,
            CLERK,
            replace(PENSIONS, reason=Reason.TAX),
            Sought(number=HANAKO.number),
        ),
        (
            errors.InvalidReferenceError,
            CLERK,
            replace(PENSIONS, reference="123456-789018"),
            Sought(number=HANAKO.number),
        ),
        (
            errors.InvalidReferenceError,
            CLERK,
            replace(PENSIONS, reference='"'),
            Sought(number=HANAKO.number),
        ),
        (errors.InvalidKeyError, CLERK, PENSIONS, Sought()),
        (errors.InvalidKeyError, CLERK, PENSIONS, Sought(number="1", code="2")),
        (InvalidError, CLERK, PENSIONS, Sought(number="123456789012")),
        (InvalidError, CLERK, PENSIONS, Sought(person=Person("見本", "昨日"))),
    ],
)
async def test_a_refusal_is_named_counted_and_looks_nobody_up(
    provision: Provision,
    nation_database: Database,
    error: type[JichitaiError],
    by: Asker,
    stated: Stated,
    sought: Sought,
) -> None:
    with pytest.raises(error) as refusal:
        await provision.ask(by, stated, sought)
    assert HANAKO.number not in f"{refusal.value} {refusal.value.facts}"
    assert await count(nation_database, "jukinet.provision") == 0
    async with nation_database.transaction() as tx:
        cursor = await tx.execute("select organ_id, type from jukinet.provision_refusal")
        assert await cursor.fetchall() == [(by.organ_id, refusal.value.type)]


async def test_a_quota_ends_the_day(provision: Provision, clock: FixedClock) -> None:
    by = Asker(SMALL.organ_id, "op-1")
    person = Sought(person=Person("見本 花子", "1985-05-01"))
    for _ in range(2):
        await provision.ask(by, PASSPORT, person)
    with pytest.raises(errors.QuotaExhaustedError):
        await provision.ask(by, PASSPORT, person)
    provision.directory.forget()
    with pytest.raises(errors.QuotaExhaustedError):
        await provision.ask(by, PASSPORT, person)
    clock.instant = clock.instant.replace(day=21)
    await provision.ask(by, PASSPORT, person)


async def test_many_at_once_are_each_answered_recorded_and_logged(
    provision: Provision, nation_database: Database
) -> None:
    people = [HANAKO, LATE, GONE, HIDDEN, FOREIGNER]
    asked = [people[place % len(people)] for place in range(300)]
    answers = await asyncio.gather(*(answer(provision, Sought(number=one.number)) for one in asked))
    assert [one["person"]["name"] for one in answers] == [one.name for one in asked]
    records = {one.receipt: one.person_id for one in await every_record(nation_database)}
    assert [records[got["receipt"]] for got in answers] == [one.person_id for one in asked]
    assert await count(nation_database, "jukinet.provision_group") < 100
    await assert_log_holds(nation_database)


async def test_a_batch_answers_each_key_with_its_own_record(
    provision: Provision, nation_database: Database
) -> None:
    people = [HANAKO, LATE, GONE, VOID, HIDDEN]
    numbers = [people[place % len(people)].number for place in range(600)]
    nobody = Somebody(serial=99).number
    got = json.loads(
        await provision.ask_numbers(CLERK, PENSIONS, KeyKind.NUMBER, [*numbers, nobody], "B-1")
    )
    assert (got["count"], got["first_receipt"]) == (601, "202611-0")
    results = [one["result"] for one in got["answers"]]
    assert results[:5] == ["hit", "deceased", "moved", "none", "hit"]
    assert results[-1] == "none"
    records = await every_record(nation_database)
    assert [str(one.result) for one in records] == results
    assert records[5].person_id == HANAKO.person_id
    await assert_log_holds(nation_database)
    with pytest.raises(errors.RepeatedBatchError):
        await provision.ask_numbers(CLERK, PENSIONS, KeyKind.NUMBER, numbers, "B-1")
    assert await count(nation_database, "jukinet.provision") == 601


async def test_batches_of_codes_and_of_names_with_numbers_wanted(
    provision: Provision, nation_database: Database
) -> None:
    wanted = replace(PENSIONS, fields=(Field.NUMBER,))
    got = json.loads(
        await provision.ask_numbers(CLERK, wanted, KeyKind.CODE, [HANAKO.code, LATE.code], "B-1")
    )
    assert [one["person"]["number"] for one in got["answers"]] == [HANAKO.number, LATE.number]
    people = [Person("見本 花子", "1985-05-01"), Person("だれか", "2000-01-01")]
    got = json.loads(await provision.ask_persons(CLERK, PENSIONS, people, "B-2"))
    assert [one["result"] for one in got["answers"]] == ["hit", "none"]
    await assert_log_holds(nation_database)


async def test_a_batch_with_wrong_numbers_is_refused_whole(
    provision: Provision, nation_database: Database
) -> None:
    texts = [HANAKO.number, "123456789012", LATE.number, "abc"]
    with pytest.raises(errors.InvalidKeyError) as refusal:
        await provision.ask_numbers(CLERK, PENSIONS, KeyKind.NUMBER, texts, "B-1")
    assert refusal.value.facts == {"rows": [2, 4], "wrong": 2}
    with pytest.raises(errors.BatchNotAllowedError):
        await provision.ask_persons(OFFICER, PASSPORT, [Person("見本 花子", "1985-05-01")], "B-2")
    with pytest.raises(errors.BatchNotAllowedError):
        await provision.ask_numbers(CLERK, PENSIONS, KeyKind.NUMBER, [HANAKO.number] * 1001, "B-3")
    assert await count(nation_database, "jukinet.provision") == 0


async def test_a_changed_record_no_longer_fits_its_leaf(
    provision: Provision, nation_database: Database
) -> None:
    await answer(provision, Sought(number=HANAKO.number))
    (record,) = await every_record(nation_database)
    forged = replace(record, operator_id="op-9")
    async with nation_database.transaction() as tx:
        leaf = await log.leaf(tx, model.LOG, record.log_index)
    assert merkle.leaf_hash(proof.canonical(model.record_of(record))) == leaf
    assert merkle.leaf_hash(proof.canonical(model.record_of(forged))) != leaf


async def test_only_registered_affairs_can_be_registered(
    nation_database: Database, clock: FixedClock
) -> None:
    async with nation_database.transaction() as tx:
        with pytest.raises(UnknownAffairError):
            await service.register_organ(
                tx, replace(PENSION, affairs=frozenset({"T1-77", "T9-9"})), by=SYSTEM, clock=clock
            )
        await service.register_organ(tx, PENSION, by=SYSTEM, clock=clock)
        await service.register_operator(tx, "nenkin", "op-3", "氏名", by=SYSTEM, clock=clock)
