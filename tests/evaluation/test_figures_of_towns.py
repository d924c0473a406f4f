"""Figures of towns: by way of the prefecture, with the town's own signature; and what is refused."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest

from jichitai.evaluation.figures import evidence, model, service, words
from jichitai.evaluation.messages import F01, Covered, Figure, Statement
from jichitai.infra.clock import JST, SystemClock
from jichitai.infra.keys import Keys
from jichitai.infra.party_keys import KeyBook
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier
from tests.conftest import Cluster
from tests.evaluation.figure_worlds import FIRST, Figured, figured

CHIYODA, SAPPORO = Party.town("131016"), Party.town("011002")
TOKYO, HOKKAIDO = Party.prefecture("13"), Party.prefecture("01")
CARDS = "jpki.handed_over"
NOON = datetime(2026, 10, 3, 12, tzinfo=JST)


@pytest.fixture(scope="module")
async def world(cluster: Cluster, keys: Keys) -> AsyncIterator[Figured]:
    async with figured(cluster, keys) as made:
        yield made


async def test_cards_of_towns_reach_the_ministry_through_their_prefectures(world: Figured) -> None:
    for town, renewal in ((CHIYODA, False), (CHIYODA, False), (CHIYODA, True), (SAPPORO, False)):
        await world.hand_over(town.code, FIRST, renewal=renewal)
    world.at(FIRST + timedelta(days=2))
    await world.publish()
    assert world.refused == 0
    async with world.databases[Tier.MINISTRY].transaction(read_only=True) as tx:
        rows = await service.daily(tx, CARDS, FIRST, FIRST, model.ALWAYS, {})
        assert {(row.parts, row.value) for row in rows} == {
            (("131016", "new"), 2),
            (("131016", "renewal"), 1),
            (("011002", "new"), 1),
        }
        found = await evidence.piece(tx, "town-131016-prefecture-13-1")
        signed = await evidence.signed_text(tx, found)
    public = await KeyBook(world.databases[Tier.MINISTRY], SystemClock()).with_retired()
    proof = evidence.verify(found, signed, world.keys, public)
    assert (proof.refusal, proof.piece.origin) == ("", "town-131016")
    assert proof.body is not None
    assert words.origin_name(found.origin) == "東京都千代田区"


def statement(
    measure: str = CARDS, *parts: str, day: date = FIRST, revision: int = 1, reason: str = ""
) -> F01:
    figures = (Figure(parts=parts or ("131016", "new"), value=1),)
    one = Statement(measure=measure, day=day, revision=revision, reason=reason, figures=figures)
    return F01(statements=(one,), covered=(), counted_at=NOON)


REFUSED = {
    "another town": (CHIYODA, TOKYO, statement(CARDS, "131024", "new"), "not-your-measure"),
    "a measure of the nation": (
        CHIYODA,
        TOKYO,
        statement("jpki.issued", "signing", "card"),
        "not-your-measure",
    ),
    "straight to the ministry": (CHIYODA, MINISTRY, statement(), "bad-statement"),
    "through another prefecture": (CHIYODA, HOKKAIDO, statement(), "not-your-measure"),
    "a part too few": (CHIYODA, TOKYO, statement(CARDS, "131016"), "bad-statement"),
    "a day that is not over": (
        CHIYODA,
        TOKYO,
        statement(day=FIRST + timedelta(days=90)),
        "bad-statement",
    ),
    "a later revision without a reason": (CHIYODA, TOKYO, statement(revision=2), "bad-statement"),
    "a revision told otherwise": (
        NATION,
        MINISTRY,
        statement("jpki.issued", "signing", "card", day=FIRST - timedelta(days=9)),
        "bad-statement",
    ),
    "covered to a day that is not over": (
        NATION,
        MINISTRY,
        F01(
            statements=(),
            covered=(Covered(measure="jpki.issued", through=date(2027, 1, 1)),),
            counted_at=NOON,
        ),
        "bad-statement",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_statement_that_cannot_be_is_refused_and_kept_apart(
    world: Figured, name: str
) -> None:
    origin, to, body, reason = REFUSED[name]
    world.at(FIRST + timedelta(days=10))
    if name == "a revision told otherwise":  # the first one is taken
        await world.send(origin, to, body)
        await world.carry()
    before = world.refused
    await world.send(origin, to, body)
    await world.carry()
    assert world.refused == before + 1
    receiver = Tier.PREFECTURE if to is HOKKAIDO else Tier.MINISTRY
    async with world.databases[receiver].transaction(all_towns=True, read_only=True) as tx:
        cursor = await tx.execute(
            "select origin, reason_type from infra.quarantine order by received_at desc, number desc"
        )
        assert (str(origin), f"evaluation.{reason}") in await cursor.fetchall()
