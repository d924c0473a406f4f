"""What bodies hand in, and what is counted of it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from jichitai.correspondence.errors import NotYourMemberError
from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import ALL_TOWNS, Tx, enter_town
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import body
from jichitai.kernel.municipalities import UnknownMunicipalityError
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.errors import NotYourBodyError
from jichitai.security.messages import Measure
from jichitai.security.obligations.model import Denominator
from jichitai.security.organs import Organ
from jichitai.security.oversight.errors import (
    RevisionTakenError,
    UnknownFilterError,
)
from jichitai.security.oversight.model.filters import Filter, chosen
from jichitai.security.oversight.model.letters import Matter
from jichitai.security.oversight.model.standing import (
    Progress,
    SizeClass,
    organ_progress,
    progress,
    rates,
    standing,
)
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.service.receiving import Receiving
from jichitai.security.oversight.service.weak_spots import titles, weak_spots
from tests.security.oversight_builders import NOON, adoption, check, incident, policy, received

TODAY = date(2026, 11, 20)
SAPPORO, HAKODATE, CHIYODA = "011002", "012025", "131016"
JOINT = "018007"
THE_MINISTRY = Overseer(MINISTRY_KEY)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (policy(SAPPORO, "drafting"), Progress.DRAFTING),
        (policy(SAPPORO, "adopted"), Progress.ADOPTED),
        (policy(SAPPORO, "published", reachable_at=None), Progress.PUBLISHED),
        (policy(SAPPORO, "published"), Progress.COUNTED),
        (policy(SAPPORO, "review-due"), Progress.COUNTED),
        (policy(SAPPORO, "in-force", address=""), Progress.PUBLISHED),
        (policy(SAPPORO, "repealed"), Progress.REPEALED),
    ],
)
def test_a_policy_counts_only_when_it_was_found_at_its_address(
    report: object, expected: Progress
) -> None:
    assert progress(report) is expected  # type: ignore[arg-type]


def test_an_organ_without_its_decision_has_not_adopted_a_joint_policy() -> None:
    report = policy(SAPPORO, organs=("head", "education"), adoptions=(adoption(joint=True),))
    assert organ_progress(report, Organ.HEAD) is Progress.COUNTED
    assert organ_progress(report, Organ.EDUCATION) is Progress.APPROVAL
    assert organ_progress(report, Organ.ASSEMBLY) is Progress.NONE
    found = standing(body(SAPPORO), [report], on=TODAY)
    assert found.counted
    assert found.organs_counted == 1
    assert len(found.organs) > 5


def test_an_organ_that_only_some_have_owes_when_its_body_names_it() -> None:
    plain = standing(body(SAPPORO), [], on=TODAY)
    named = policy(SAPPORO, organs=("head", "personnel"))
    with_it = standing(body(SAPPORO), [named], on=TODAY)
    assert plain.organs.keys() <= with_it.organs.keys()
    assert Organ.PERSONNEL in with_it.organs


def test_nobody_is_counted_before_the_duty_began() -> None:
    assert standing(body(SAPPORO), [], on=date(2026, 3, 31)).organs == {}


def test_a_review_whose_day_has_passed_is_late() -> None:
    due = policy(SAPPORO, next_review_on=date(2026, 11, 19))
    assert standing(body(SAPPORO), [due], on=TODAY).review_late
    assert not standing(body(SAPPORO), [policy(SAPPORO)], on=TODAY).review_late


def test_rates_name_their_denominator() -> None:
    found = [
        standing(body(SAPPORO), [policy(SAPPORO)], on=TODAY),
        standing(body(HAKODATE), [policy(HAKODATE, "adopted")], on=TODAY),
        standing(body("010006"), [], on=TODAY),
    ]
    whole = rates(found, Denominator.ALL_1788, on=TODAY)
    assert (whole.adopted.numerator, whole.counted.numerator, whole.adopted.total) == (2, 1, 3)
    assert whole.silent == 1
    towns = rates(found, Denominator.MUNICIPALITIES, on=TODAY)
    assert (towns.counted.numerator, towns.counted.total, towns.counted.percent) == (1, 2, 50.0)
    pairs = rates(found, Denominator.ORGAN_PAIRS, on=TODAY)
    assert pairs.counted.numerator == 1
    assert pairs.counted.total == sum(len(one.organs) for one in found)
    assert rates(found, Denominator.JOINT, on=TODAY).counted.percent is None


def test_lists_are_narrowed_by_every_filter() -> None:
    found = [
        standing(body(SAPPORO), [policy(SAPPORO)], on=TODAY),
        standing(body(HAKODATE), [policy(HAKODATE, "drafting", network_model="β")], on=TODAY),
        standing(body(CHIYODA), [], on=TODAY),
    ]

    def codes(**filters: str) -> list[str]:
        return [one.body.code for one in chosen(found, Filter(**filters))]

    assert codes() == [SAPPORO, HAKODATE, CHIYODA]
    assert codes(prefecture="01") == [SAPPORO, HAKODATE]
    assert codes(kind="特別区") == [CHIYODA]
    assert codes(model="β") == [HAKODATE]
    assert codes(status="not-counted") == [HAKODATE, CHIYODA]
    assert codes(status="silent") == [CHIYODA]
    assert codes(status="drafting") == [HAKODATE]
    assert codes(text="函館") == [HAKODATE]
    assert codes(size=SizeClass.LARGER) == [SAPPORO]
    for bad in ({"kind": "県"}, {"status": "x"}, {"size": "big"}):
        with pytest.raises(UnknownFilterError):
            Filter(**bad)


def test_a_prefecture_oversees_its_municipalities_only() -> None:
    hokkaido = Overseer("01")
    assert len(hokkaido.fixed) == 179
    assert {one.prefecture_code for one in hokkaido.fixed} == {"01"}
    assert "010006" not in {one.code for one in hokkaido.fixed}
    assert len(THE_MINISTRY.fixed) == 1788


# --- handlers ---------------------------------------------------------------------


async def outgoing(tx: Tx) -> list[tuple[str, str]]:
    cursor = await tx.execute("select sender, receiver from infra.outbox order by sender, number")
    return list(await cursor.fetchall())


async def test_a_prefecture_keeps_its_members_reports_and_passes_them_on(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Receiving(clock, outbox)
    here = Party.prefecture("01")
    for message, handle in (
        (policy(SAPPORO), work.policies),
        (incident(SAPPORO), work.incidents),
        (check(SAPPORO), work.checks),
    ):
        await handle(tx, [received(message, origin=Party.town(SAPPORO), receiver=here)])
    found = await overview.evidence(tx, Overseer("01"), SAPPORO, on=TODAY)
    assert found.standing.counted
    assert len(found.incidents) == len(found.checks) == 1
    assert await outgoing(tx) == [("prefecture-01", "ministry")] * 3
    with pytest.raises(NotYourMemberError):
        await overview.evidence(tx, Overseer("01"), CHIYODA, on=TODAY)
    assert not (await overview.evidence(tx, Overseer("13"), CHIYODA, on=TODAY)).past


async def test_a_report_in_another_bodys_name_is_refused(
    prefecture_tx: Tx, ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    work = Receiving(clock, outbox)
    here = Party.prefecture("01")
    for origin in (Party.town(HAKODATE), here, MINISTRY):
        with pytest.raises(NotYourBodyError):
            await work.policies(
                prefecture_tx, [received(policy(SAPPORO), origin=origin, receiver=here)]
            )
    stranger = received(policy(CHIYODA), origin=Party.town(CHIYODA), receiver=here)
    with pytest.raises(NotYourBodyError):
        await work.policies(prefecture_tx, [stranger])
    unknown = received(policy("999999"), origin=Party.town("999999"), receiver=MINISTRY)
    with pytest.raises(UnknownMunicipalityError):
        await work.policies(ministry_tx, [unknown])


async def test_the_newest_revision_stands_whatever_the_order_of_arrival(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    work = Receiving(clock, outbox)

    async def send(revision: int, state: str) -> None:
        message = policy(SAPPORO, state, revision=revision)
        await work.policies(
            ministry_tx, [received(message, origin=Party.town(SAPPORO), receiver=MINISTRY)]
        )

    await send(3, "in-force")
    await send(2, "adopted")
    await send(3, "in-force")
    found = await overview.evidence(ministry_tx, THE_MINISTRY, SAPPORO, on=TODAY)
    assert found.standing.counted
    assert [one.report.revision for one in found.past] == [3, 2]
    with pytest.raises(RevisionTakenError):
        await send(3, "repealed")
    assert not await outgoing(ministry_tx)


async def test_the_figures_of_an_earlier_day_can_be_made_again(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    work = Receiving(clock, outbox)
    first = received(policy(SAPPORO), origin=Party.town(SAPPORO), receiver=MINISTRY)
    await work.policies(ministry_tx, [first])
    clock.instant += timedelta(days=10)
    later = received(policy(HAKODATE), origin=Party.town(HAKODATE), receiver=MINISTRY)
    await work.policies(ministry_tx, [later])

    async def counted(on: date) -> int:
        found = await overview.overview(ministry_tx, THE_MINISTRY, on=on)
        return found.rates[0].counted.numerator

    assert await counted(TODAY - timedelta(days=1)) == 0
    assert await counted(TODAY) == 1
    assert await counted(TODAY + timedelta(days=9)) == 1
    assert await counted(TODAY + timedelta(days=10)) == 2


async def test_a_registered_joint_body_reports_under_its_own_name(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, code, here = prefecture_tx, JOINT, Party.prefecture("01")
    await enter_town(tx, code)
    await tx.execute(
        "insert into security.joint_body values (%s, '北海道見本広域連合', '広域連合', %s, %s)",
        (code, [SAPPORO, HAKODATE], NOON),
    )
    await Receiving(clock, outbox).policies(
        tx, [received(policy(code), origin=Party.town(code), receiver=here)]
    )
    await enter_town(tx, ALL_TOWNS)
    found = await overview.overview(tx, Overseer("01"), on=TODAY)
    joint = next(one for one in found.rates if one.denominator is Denominator.JOINT)
    assert (joint.counted.numerator, joint.counted.total) == (1, 1)
    assert len(found.standings) == 180


async def test_who_is_late_is_asked_by_matter(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = ministry_tx, Receiving(clock, outbox)
    for message, handle in (
        (policy(SAPPORO, next_review_on=date(2026, 1, 1)), work.policies),
        (check(SAPPORO), work.checks),
    ):
        await handle(tx, [received(message, origin=Party.town(SAPPORO), receiver=MINISTRY)])

    async def late(matter: Matter) -> set[str]:
        return {one.code for one in await overview.late(tx, THE_MINISTRY, matter, on=TODAY)}

    assert SAPPORO not in await late(Matter.POLICY)
    assert len(await late(Matter.POLICY)) == 1787
    assert await late(Matter.REVIEW) == {SAPPORO}
    assert SAPPORO not in await late(Matter.CHECK)
    assert await late(Matter.SURVEY) == set()


def test_the_weak_spots_are_counted_over_the_newest_check_of_each_body() -> None:
    clean = Measure(key="weak-audit", met=1, partly=0, unmet=0, not_applicable=1, unanswered=0)
    older = check(SAPPORO, finished_on=date(2026, 5, 1))
    newer = check(SAPPORO, check_id=uuid4(), measures=(clean,))
    spots = {one.key: one for one in weak_spots([newer, older, check(HAKODATE)])}
    found = spots["weak-audit"]
    assert (found.reported, found.done, found.open, found.unmet) == (2, 1, 1, 2)
    assert next(iter(spots.values())).reported == 0
    assert titles()["law-3"].startswith("第3号")


async def test_exercises_are_kept_apart_from_incidents(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    work = Receiving(clock, outbox)
    for message in (incident(SAPPORO), incident(SAPPORO, drill=True, incident_id=uuid4())):
        await work.incidents(
            ministry_tx, [received(message, origin=Party.town(SAPPORO), receiver=MINISTRY)]
        )
    real = await overview.incidents(ministry_tx, THE_MINISTRY, on=TODAY)
    drills = await overview.incidents(ministry_tx, THE_MINISTRY, on=TODAY, drills=True)
    assert [one.drill for one in (*real, *drills)] == [False, True]
