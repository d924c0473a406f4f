"""From nothing to a published policy in force, and everything that must not happen on the way."""

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from jichitai.infra.audit import catalogue
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.security.organs import Organ
from jichitai.security.policy import seal
from jichitai.security.policy.errors import (
    AlreadyDecidedError,
    BadClauseError,
    DraftOpenError,
    IncompletePolicyError,
    NotAnAdopterError,
    OtherDocumentError,
    RivalTextError,
    SamePersonError,
    WrongStepError,
)
from jichitai.security.policy.model.states import State
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.service import deciding, editing, opening, publishing
from jichitai.security.policy.service.deciding import Decision, Meeting
from jichitai.security.policy.service.editing import Writing
from jichitai.security.policy.service.reading import look
from jichitai.security.policy.service.reporting import report
from jichitai.security.policy.store import policies as store
from tests.conftest import TOWN
from tests.security.policy_builders import OFFICER, ORGANS, OTHER, Workshop


@pytest.fixture
async def shop(town_tx: Tx, clock: FixedClock, outbox: Outbox, tmp_path: Path) -> Workshop:
    return Workshop.of(town_tx, clock, outbox, tmp_path)


async def sent(tx: Tx) -> list[str]:
    """Receivers of the reports so far."""
    rows = await tx.execute("select receiver from infra.outbox where kind = 'S01' order by number")
    return [str(row[0]) for row in await rows.fetchall()]


async def test_a_town_goes_from_questions_to_a_policy_in_force(shop: Workshop) -> None:
    policy = await shop.opened(effective="2026-11-20", model="beta", cloud="low")
    place = shop.place(policy)
    seen = await look(shop.tx, *place, on=shop.today)
    assert len(seen.part(Part.BASIC)) == 10
    assert seen.problems == ()
    assert {one.item for one in seen.seen.declined} >= {"GL-P2-2-8.3(1)"}
    row = await shop.published(policy)
    assert (row.step, row.address) == (
        State.PUBLISHED,
        f"https://policy.example/policies/{TOWN}/joint/1",
    )
    await shop.turned()
    done = await look(shop.tx, *place, on=shop.today)
    assert done.version.step is State.IN_FORCE
    assert str(done.policy.next_review_on) == "2027-11-20"
    assert [one.organ for one in done.adoptions] == list(ORGANS)
    assert set(await sent(shop.tx)) == {"prefecture-01"}
    verbs = [step.verb for step in await store.steps(shop.tx, *place[:2])]
    assert verbs == [
        "open", "answer", "draft", "submit", "committee", "adopt", "adopt", "adopted", "publish",
        "in-force",
    ]  # fmt: skip
    assert {f"security.policy.{verb}" for verb in verbs} <= set(catalogue())


async def test_the_signed_paper_holds_and_shows_any_change(shop: Workshop) -> None:
    row = await shop.published(await shop.opened())
    files = await store.files(shop.tx, TOWN, row.policy_id, 1)
    assert files is not None
    assert files.paper is not None
    key = seal.load(TOWN, shop.press.seals)
    trust = ValidationContext(trust_roots=[key.signer.signing_cert], allow_fetching=False)

    async def status(paper: bytes) -> bool:
        signature = PdfFileReader(BytesIO(paper)).embedded_signatures[0]
        found = await async_validate_pdf_signature(signature, trust)
        return bool(found.intact and found.valid and found.trusted)

    assert await status(files.paper)
    place = files.paper.index(b"/ID")
    assert not await status(files.paper[:place] + b"/IE" + files.paper[place + 3 :])
    assert "演習用" in row.signed_by
    assert (shop.press.seals / f"{TOWN}.p12").stat().st_mode & 0o777 == 0o600


async def test_two_editors_lose_nothing_and_one_text_comes_of_both(shop: Workshop) -> None:
    policy = await shop.opened()
    place = shop.place(policy)
    clause = (await look(shop.tx, *place, on=shop.today)).clauses[0]
    lines = clause.body.splitlines()
    mine = Writing(
        title=clause.title, body="\n".join([lines[0] + "（甲）", lines[1]]), items=clause.items
    )
    yours = Writing(
        title=clause.title, body="\n".join([lines[0], lines[1] + "（乙）"]), items=clause.items
    )
    saved = await editing.save(
        shop.desk, shop.tx, place, clause.id, mine, edition=clause.edition, by=OFFICER
    )
    with pytest.raises(RivalTextError) as refused:
        await editing.save(
            shop.desk, shop.tx, place, clause.id, yours, edition=clause.edition, by=OTHER
        )
    assert refused.value.facts["body"] == mine.body
    seen = await look(shop.tx, *place, on=shop.today)
    assert [rival.body for rival in seen.rivals] == [yours.body]
    assert any("合わせていない" in problem for problem in seen.problems)
    proposal = await editing.proposed(shop.tx, place, saved, seen.rivals[0])
    assert proposal.clean
    assert proposal.text == "\n".join([lines[0] + "（甲）", lines[1] + "（乙）"])
    writing = Writing(title=clause.title, body=proposal.text, items=clause.items)
    await editing.settle(
        shop.desk, shop.tx, place, clause.id, seen.rivals[0].rival_id, writing,
        edition=saved.edition, by=OTHER,
    )  # fmt: skip
    assert (await look(shop.tx, *place, on=shop.today)).rivals == []


async def test_a_revised_guideline_makes_clauses_stale_until_somebody_looks(
    shop: Workshop, outbox: Outbox
) -> None:
    past = Workshop(
        shop.desk.__class__(FixedClock(shop.desk.clock.now().replace(year=2025)), outbox),
        shop.tx,
        shop.press,
    )
    policy = await past.opened()
    place = shop.place(policy)
    seen = await look(shop.tx, *place, on=shop.today)
    assert seen.version.guideline_version == "R7.3"
    assert seen.seen.stale
    clause, items = next(iter(seen.seen.stale.items()))
    assert set(items) <= set(clause.items)
    with pytest.raises(IncompletePolicyError, match="古くなった"):
        await deciding.submit(shop.desk, shop.tx, place, accepted_gaps="次の版で", by=OFFICER)
    for clause in seen.seen.stale:
        await editing.confirm(
            shop.desk,
            shop.tx,
            place,
            clause.id,
            edition=clause.edition,
            reason="既に同じ内容",
            by=OFFICER,
        )
    assert not (await look(shop.tx, *place, on=shop.today)).seen.stale


async def test_what_is_not_whole_does_not_reach_the_committee(shop: Workshop) -> None:
    policy = await shop.opened()
    place = shop.place(policy)
    seen = await look(shop.tx, *place, on=shop.today)
    for clause in (seen.clauses[0], seen.part(Part.STANDARD)[0]):
        await editing.remove(
            shop.desk, shop.tx, place, clause.id, edition=clause.edition, by=OFFICER
        )
    with pytest.raises(IncompletePolicyError) as refused:
        await deciding.submit(shop.desk, shop.tx, place, by=OFFICER)
    problems = "".join(refused.value.facts["problems"])  # type: ignore[arg-type]
    assert "目的" in problems
    assert "条のない項目が1件" in problems
    with pytest.raises(BadClauseError, match="方針そのものの節"):
        await editing.decline(
            shop.desk, shop.tx, place, "GL-P2-1-1", applies=False, reason="不要", by=OFFICER
        )


async def test_only_the_text_that_was_laid_is_adopted_by_those_who_must(shop: Workshop) -> None:
    policy = await shop.opened()
    row = await shop.laid(policy)
    place = shop.place(policy)
    with pytest.raises(OtherDocumentError):
        await shop.adopt(place, Organ.HEAD, document_hash="0" * 64)
    with pytest.raises(NotAnAdopterError):
        await shop.adopt(place, Organ.EDUCATION)
    decision = Decision(number="1", decided_on=shop.today, document_hash=row.document_hash or "")
    with pytest.raises(SamePersonError):
        await deciding.adopt(shop.desk, shop.tx, place, Organ.HEAD, decision, by=OFFICER)
    await shop.adopt(place, Organ.HEAD)
    with pytest.raises(AlreadyDecidedError):
        await shop.adopt(place, Organ.HEAD)
    with pytest.raises(BadClauseError, match="未来"):
        await shop.adopt(place, Organ.ASSEMBLY, decided_on=shop.today.replace(year=2027))
    assert (await store.version(shop.tx, *place)).step is State.APPROVAL  # type: ignore[union-attr]
    with pytest.raises(WrongStepError):
        await publishing.publish(shop.desk, shop.press, shop.tx, place, by=OFFICER)


async def test_a_version_given_up_is_told_as_a_draft_without_decisions(shop: Workshop) -> None:
    policy = await shop.opened()
    await shop.laid(policy)
    await shop.adopt(shop.place(policy), Organ.HEAD)
    await opening.drop(shop.desk, shop.tx, TOWN, policy.policy_id, 1, reason="作り直す", by=OFFICER)
    told = await report(shop.desk, shop.tx, TOWN, policy.policy_id)
    assert told is not None
    assert (told.state, told.adoptions) == ("drafting", ())
    again = await opening.revise(
        shop.desk, shop.tx, TOWN, policy.policy_id, reason="作り直す", by=OFFICER
    )
    assert (
        len((await look(shop.tx, *shop.place(policy, again.version), on=shop.today)).clauses) > 90
    )


async def test_a_return_voids_decisions_on_the_old_text(shop: Workshop) -> None:
    policy = await shop.opened()
    place = shop.place(policy)
    await shop.laid(policy)
    await shop.adopt(place, Organ.HEAD)
    await deciding.send_back(
        shop.desk, shop.tx, place, reason="第3条を直す", by=OTHER, organ=Organ.ASSEMBLY
    )
    row = await shop.laid(policy)
    assert (await look(shop.tx, *place, on=shop.today)).missing_organs == ("assembly", "head")
    await shop.adopt(place, Organ.HEAD)
    row = await shop.adopt(place, Organ.ASSEMBLY)
    assert row.step is State.ADOPTED
    assert len(await store.adoptions(shop.tx, *place)) == 3


async def test_a_revision_takes_the_place_of_the_old_version_on_its_day(shop: Workshop) -> None:
    policy = await shop.opened()
    await shop.published(policy)
    await shop.turned()
    new = await opening.revise(
        shop.desk, shop.tx, TOWN, policy.policy_id, reason="組織の変更", by=OFFICER
    )
    with pytest.raises(DraftOpenError):
        await opening.revise(
            shop.desk, shop.tx, TOWN, policy.policy_id, reason="もう一つ", by=OFFICER
        )
    assert new.version == 2
    await shop.published(policy, 2)
    await shop.turned()
    states = {
        row.version: row.step for row in await store.versions(shop.tx, TOWN, policy.policy_id)
    }
    assert states == {2: State.IN_FORCE, 1: State.SUPERSEDED}


async def test_a_committee_that_refuses_must_say_why(shop: Workshop) -> None:
    policy = await shop.opened()
    place = shop.place(policy)
    await deciding.submit(shop.desk, shop.tx, place, by=OFFICER)
    refused = Meeting(number="委-2", held_on=shop.today, approved=False)
    with pytest.raises(BadClauseError, match="理由"):
        await deciding.committee(shop.desk, shop.tx, place, refused, by=OFFICER)


async def test_answers_change_the_draft_but_not_what_a_person_wrote(shop: Workshop) -> None:
    policy = await shop.opened(byod="no")
    place = shop.place(policy)
    before = {one.template: one for one in (await look(shop.tx, *place, on=shop.today)).clauses}
    own = before["5-1"]
    await editing.save(
        shop.desk, shop.tx, place, own.id, Writing(title=own.title, body="自分の文", items=own.items),
        edition=own.edition, by=OFFICER,
    )  # fmt: skip
    await opening.answer(
        shop.desk, shop.tx, TOWN, policy.policy_id, {"byod": "yes"}, edition=None, by=OFFICER
    )
    assert await opening.draft(shop.desk, shop.tx, TOWN, policy.policy_id, by=OFFICER) == 1
    after = {one.template: one for one in (await look(shop.tx, *place, on=shop.today)).clauses}
    assert after["5-1"].body == "自分の文"
    assert after["5-3"].body != before["5-3"].body
