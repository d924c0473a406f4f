"""A survey's way: the ministry asks, a body answers, its prefecture checks, the ministry keeps all."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import Workbook

from jichitai.infra.clock import JST
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.standardisation.messages import G01, G02, G03, System
from jichitai.standardisation.progress.model import businesses
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.survey.layout import SHEET
from jichitai.standardisation.survey.model import CheckState, Given, Via, by_business
from jichitai.standardisation.survey.service.accepting import UNKNOWN_THERE, Accepting
from jichitai.standardisation.survey.store import answers as kept
from jichitai.standardisation.survey.store import rounds
from jichitai.standardisation.survey.store.answers import NewAnswer
from tests.conftest import Cluster
from tests.standardisation.survey_builders import PLACES, edited
from tests.standardisation.survey_wires import HOKKAIDO, SAPPORO, Wires, wired

pytestmark = pytest.mark.xdist_group("survey-flow")
API = "/api/v1/standardisation/answers"
LATE, MENDED, READ = "seals", "voters", "pension"
CHECKS = "/api/v1/standardisation/checks"
HAKODATE, CHIYODA = "012025", "131016"


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[Wires]:
    async with wired(cluster18, keys) as found:
        yield found


def told(done: int = 20, business: str = "residents", **changes: Any) -> dict[str, Any]:
    """One business as a call tells it."""
    return {
        "business": business,
        "states": "2" * done + "1" * 5 + "0" * (35 - done),
        "late": True,
        "reason_class": 4,
        "target_on": "2027-03-31",
        "deadline_class": "late",
        "vendor": "例示システム株式会社",
        **changes,
    }


async def send(client: Any, round_id: UUID, *systems: dict[str, Any], reason: str = "") -> Any:
    """Put systems into the draft and send it."""
    draft = await client.put(f"{API}/{round_id}/draft", json={"systems": list(systems)})
    assert draft.status_code == 204, draft.text
    return await client.post(f"{API}/{round_id}/answers", json={"reason": reason})


async def at_ministry(wires: Wires, round_id: UUID, body: str = SAPPORO) -> Given | None:
    async with wires.databases[Tier.MINISTRY].transaction(read_only=True) as tx:
        return (await kept.answers(tx, round_id)).get(body)


async def decide(wires: Wires, round_id: UUID, state: str, reason: str = "", **changes: Any) -> Any:
    async with wires.checker() as client:
        looked = (await client.get(f"{CHECKS}/{round_id}/{SAPPORO}")).json()
        newest = looked["answers"][0]
        body = {
            "revision": newest["revision"],
            "checks": newest["checks"],
            "state": state,
            "reason": reason,
        }
        return await client.post(
            f"{CHECKS}/{round_id}/{SAPPORO}/findings", json={**body, **changes}
        )


async def test_an_answer_goes_up_with_the_towns_signature_and_its_check_follows(
    wires: Wires,
) -> None:
    round_id = await wires.ask()
    async with wires.town() as client:
        assert [one["round_id"] for one in (await client.get(API)).json()][:1] == [str(round_id)]
        answer = await send(client, round_id, told())
    assert answer.status_code == 201, answer.text
    await wires.flow()
    found = await at_ministry(wires, round_id)
    assert found is not None
    assert by_business(found.report)["residents"].steps_done == 20
    assert found.check is CheckState.NONE
    assert (await decide(wires, round_id, "ok")).status_code == 201
    await wires.flow()
    found = await at_ministry(wires, round_id)
    assert found is not None
    assert found.check is CheckState.OK
    async with wires.town() as client:
        detail = (await client.get(f"{API}/{round_id}")).json()
    assert detail["request"]["check"] == "ok"
    assert wires.refused == 0


async def test_a_correction_keeps_the_earlier_answer_and_says_why(wires: Wires) -> None:
    round_id = await wires.ask()
    async with wires.town() as client:
        await send(client, round_id, told(22, MENDED))
        await wires.flow()
        back = await decide(wires, round_id, "returned", "契約を確かめてください。")
        assert back.status_code == 201
        await wires.flow()
        detail = (await client.get(f"{API}/{round_id}")).json()
        assert detail["sent"][0]["check_reason"] == "契約を確かめてください。"
        silent = await send(client, round_id, told(23, MENDED))
        assert silent.status_code == 422
        assert "reason" in silent.json()["faults"]
        again = await send(client, round_id, told(23, MENDED), reason="1ステップ数え漏れていた")
        assert again.json() == {"revision": 2}
        same = await client.post(f"{API}/{round_id}/answers", json={"reason": "もう一度"})
        assert same.status_code == 422
        detail = (await client.get(f"{API}/{round_id}")).json()
    await wires.flow()
    states = [
        next(it["states"] for it in one["systems"] if it["business"] == MENDED)
        for one in detail["sent"]
    ]
    assert [one.count("2") for one in states] == [23, 22]
    found = await at_ministry(wires, round_id)
    assert found is not None
    assert (found.revision, found.check) == (2, CheckState.NONE)
    async with wires.checker() as client:
        looked = (await client.get(f"{CHECKS}/{round_id}/{SAPPORO}")).json()
    assert [one["revision"] for one in looked["answers"]] == [2, 1]
    assert {"fact": "完了したステップ", "before": "22／40", "after": "23／40"}.items() <= looked[
        "changes"
    ][0].items()


async def test_a_late_answer_is_taken_and_a_closed_round_takes_none(wires: Wires) -> None:
    round_id = await wires.ask()
    wires.clock.instant += timedelta(days=20)
    async with wires.town() as client, wires.town(html=True) as pages:
        page = (await pages.get(f"/standardisation/answers/{round_id}")).text
        assert "回答の期限を過ぎています" in page
        assert (await send(client, round_id, told(30, LATE))).status_code == 201
        await wires.flow()
        assert await at_ministry(wires, round_id) is not None
        closed = G01(
            round_id=round_id,
            body=SAPPORO,
            subject="移行の調査",
            as_of=datetime(2026, 11, 1, tzinfo=JST).date(),
            due_on=datetime(2026, 12, 4, tzinfo=JST).date(),
            checked_by=datetime(2026, 12, 18, tzinfo=JST).date(),
            state="closed",
            sent_at=wires.clock.now(),
        )
        await post(wires, Tier.MINISTRY, MINISTRY, Party.town(SAPPORO), closed)
        refused = await client.put(f"{API}/{round_id}/draft", json={"systems": [told(31, LATE)]})
    assert refused.status_code == 409


async def post(wires: Wires, at: Tier, origin: Party, to: Party, message: Any) -> None:
    """Send a message as it stands, and carry it."""
    async with wires.databases[at].transaction(town="*") as tx:
        await wires.outbox.send(
            tx, origin=origin, to=to, kind=message.kind, version=1, body=message
        )
    await wires.flow()


async def test_a_foreign_origin_is_refused_at_every_tier(wires: Wires) -> None:
    round_id = await wires.ask()
    foreign = G02(
        round_id=round_id,
        body=HAKODATE,
        revision=1,
        systems=(System(business="residents", states="2" * 40),),
        answered_at=wires.clock.now(),
    )
    own, above = Party.town(SAPPORO), Party.prefecture("01")
    finding = G03(
        round_id=round_id,
        body=SAPPORO,
        revision=1,
        number=1,
        state="ok",
        checked_at=wires.clock.now(),
    )
    request = G01(
        round_id=UUID(int=5),
        body=SAPPORO,
        subject="偽の調査",
        as_of=datetime(2026, 11, 1, tzinfo=JST).date(),
        due_on=datetime(2026, 12, 4, tzinfo=JST).date(),
        checked_by=datetime(2026, 12, 18, tzinfo=JST).date(),
        sent_at=wires.clock.now(),
    )
    before = wires.refused
    await post(wires, Tier.TOWN, own, above, foreign)
    await post(wires, Tier.PREFECTURE, above, MINISTRY, foreign)
    await post(wires, Tier.PREFECTURE, above, own, request)
    await post(wires, Tier.MINISTRY, MINISTRY, own, finding)
    assert wires.refused - before == 4
    assert await at_ministry(wires, round_id, HAKODATE) is None
    async with wires.town() as client:
        assert (await client.get(f"{API}/{UUID(int=5)}")).status_code == 404
    wires.refused = before


async def test_a_prefecture_answers_for_itself_to_the_ministry(wires: Wires) -> None:
    round_id = await wires.ask()
    async with wires.own() as client:
        detail = (await client.get(f"{API}/{round_id}")).json()
        business = detail["businesses"][0]
        answer = await send(client, round_id, told(business=business))
    assert answer.status_code == 201, answer.text
    await wires.flow()
    assert await at_ministry(wires, round_id, HOKKAIDO) is not None
    async with wires.checker() as client:
        members = (await client.get(f"{CHECKS}/{round_id}")).json()
    assert HOKKAIDO not in {one["body"] for one in members}


async def test_only_the_answer_that_was_read_is_found_right(wires: Wires) -> None:
    round_id = await wires.ask()
    async with wires.town() as client:
        await send(client, round_id, told(32, READ))
    await wires.flow()
    assert (await decide(wires, round_id, "returned")).status_code == 422
    assert (await decide(wires, round_id, "ok", revision=2)).status_code == 409
    assert (await decide(wires, round_id, "ok")).status_code == 201
    assert (await decide(wires, round_id, "ok", checks=0)).status_code == 409
    async with wires.checker("13") as client:
        assert (await client.get(f"{CHECKS}/{round_id}/{SAPPORO}")).status_code in (403, 404)


async def test_steps_that_go_back_need_a_reason_on_the_page(wires: Wires) -> None:
    round_id = await wires.ask()
    form = f"/standardisation/answers/{round_id}/systems/residents"
    typed = {"done": "1-35", "working": "36", "late": "no", "deadline_class": "in-time"}
    async with wires.town(CHIYODA, html=True) as client:
        assert (await client.post(form, data=typed)).status_code == 303
        sent = await client.post(f"/standardisation/answers/{round_id}", data={})
        assert sent.status_code == 303, sent.text
        back = await client.post(form, data=typed | {"done": "1-30", "working": "36、38〜40"})
        assert back.status_code == 422
        assert "理由がありません" in back.text
        assert 'value="36、38〜40"' in back.text
        good = typed | {"done": "1-30", "reason": "検証で不具合が見つかった"}
        assert (await client.post(form, data=good | {"deed": "next"})).status_code == 303
        unread = await client.post(form, data=typed | {"working": "35", "target_on": "令和9年13月"})
        assert "「完了」にも入っています" in unread.text
        assert unread.status_code == 422
        page = (await client.get(f"/standardisation/answers/{round_id}")).text
    assert "30／40" in page
    assert "下書きです" in page


async def test_an_answer_of_a_body_that_knows_no_workbook_of_its_own_is_kept(wires: Wires) -> None:
    """What came to the ministry as a workbook is unknown at the body, which cannot explain it."""
    round_id = await wires.ask()
    earlier = BodyReport(
        body=HAKODATE,
        systems=(
            SystemReport(
                business="residents",
                states="2" * 30 + "0" * 10,
                late=True,
                target_on=date(2028, 3, 31),
            ),
        ),
    )
    async with wires.databases[Tier.MINISTRY].transaction() as tx:
        found = await rounds.round_of(tx, round_id)
        came = NewAnswer(report=earlier, answered_at=wires.clock.now())
        work = Accepting(wires.clock, rehearsal=True)
        await work.keep(tx, found, [came], via=Via.SHEET, by="officer-1")
    async with wires.town(HAKODATE) as client:
        sent = await send(client, round_id, told(20))
        assert sent.status_code == 201, sent.text
    await wires.flow()
    given = await at_ministry(wires, round_id, HAKODATE)
    assert given is not None
    one = by_business(given.report)["residents"]
    assert one.steps_done == 20
    assert (one.reason, one.target_reason) == (UNKNOWN_THERE, UNKNOWN_THERE)


async def send_page(client: Any, round_id: UUID, done: str) -> Any:
    """Answer one business on the page, and send it."""
    here = f"/standardisation/answers/{round_id}"
    kept_so = await client.post(f"{here}/systems/residents", data={"done": done})
    assert kept_so.status_code == 303, kept_so.text
    return await client.post(here, data={})


async def test_a_sheet_fills_the_draft_row_by_row(wires: Wires) -> None:
    round_id = await wires.ask()
    async with wires.town(HAKODATE, html=True) as client:
        here = f"/standardisation/answers/{round_id}"
        assert (await send_page(client, round_id, "1-20")).status_code == 303
        book = (await client.get(f"{here}/form.xlsx")).content
        names = [one.key for one in businesses()]

        def change(found: Workbook) -> None:
            sheet = found[SHEET]
            head = next(row for row in range(1, 12) if sheet.cell(row, 1).value == "団体コード")
            for index, key in enumerate(names[:3], start=head + 1):
                for step in range(1, 41):
                    sheet.cell(index, PLACES[f"step{step}"]).value = "済"
                sheet.cell(index, PLACES["vendor"]).value = key
            sheet.cell(head + 1, PLACES["code"]).value = HAKODATE.lstrip("0")
            sheet.cell(head + 3, PLACES["target_on"]).value = "令和9年13月1日"

        spoilt = edited(book, change)
        answer = await client.post(f"{here}/upload", files={"file": ("a.xlsx", spoilt)})
        assert answer.status_code == 422
        assert "2か所に直すところがあります。正しい1行は下書きに入れました" in answer.text
        assert "先頭の0が落ちています" in answer.text
        mended = await client.post(
            f"{here}/upload", files={"file": ("a.xlsx", spoilt)}, data={"repair": "1"}
        )
        assert "正しい2行は下書きに入れました" in mended.text
        whole = await client.post(f"{here}/upload", files={"file": ("a.xlsx", book)})
        assert whole.status_code == 303
        spoilt = await client.post(f"{here}/upload", files={"file": ("a.xlsx", b"no workbook")})
        assert spoilt.status_code == 422
        empty = await client.post(f"{here}/upload", files={"other": ("a.xlsx", b"")})
        assert "ファイルが選ばれていません" in empty.text
        costs = await client.post(
            f"{here}/costs",
            data={
                "before_year": "2018",
                "before_basis": "actual",
                "before_cloud": "1,000,000円",
                "after_year": "R8",
                "after_cloud": "5",
            },
        )
        assert costs.status_code == 422
        assert "西暦の4桁" in costs.text
        good = {
            "before_year": "2018",
            "before_basis": "actual",
            "before_cloud": "１，０００，０００円",
        }
        assert (await client.post(f"{here}/costs", data=good)).status_code == 303
        assert "1,000,000円" in (await client.get(here)).text
