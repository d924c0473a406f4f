"""Reports from the first word to the published edition: pages, calls, and what each is refused."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from jichitai.evaluation.indicators import builtin, entering
from jichitai.evaluation.indicators.checks import Entry
from jichitai.evaluation.policies import service as policies
from jichitai.evaluation.reports.cli import report
from jichitai.evaluation.reports.model.assembly import assemble
from jichitai.evaluation.reports.model.document import decoded, encoded
from jichitai.evaluation.reports.renderers.files import FORMATS
from jichitai.evaluation.reports.service.desk import Desk
from jichitai.evaluation.reports.service.gathering import gather
from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.evaluation.report_wires import API, PLACE, RESULT, Ministry, ministry, person
from tests.web.client import browser

DESK = f"{API}/8/2026"


@pytest.fixture(scope="module")
async def place(cluster18: Cluster, keys: Keys) -> AsyncIterator[Ministry]:
    async with ministry(cluster18, keys) as found:
        yield found


async def test_a_report_goes_from_draft_to_a_corrected_edition(place: Ministry) -> None:
    """One story, for each step rests on the one before."""
    app, clock = place.app, place.clock
    async with (
        person(place, html=True) as officer,
        person(place, Role.EVALUATION_APPROVER, html=True) as approver,
        person(place, Role.EVALUATION_EXPERT, html=True) as expert,
        browser(app, html=True) as public,
    ):
        assert (await public.get("/reports/8/2026")).status_code == 404
        assert (await public.get(PLACE)).status_code in (302, 303, 401)
        assert (await officer.get(PLACE)).status_code == 404

        # begin
        shelf = await officer.get("/evaluation/reports")
        assert "評価書を作り始める" in shelf.text
        begun = await officer.post(
            "/evaluation/reports", data={"policy": "8", "fiscal_year": "2026"}
        )
        assert begun.headers["location"] == PLACE
        again = await officer.post(
            "/evaluation/reports", data={"policy": "8", "fiscal_year": "2026"}
        )
        assert again.status_code == 422
        assert "もう作り始めています" in again.text
        desk = (await officer.get(PLACE)).text
        assert "「政策評価の結果」が空です" in desk
        assert "決裁に出す前に" in desk

        # insert a figure, with nothing typed lost
        text = f"{PLACE}/texts/result"
        editor = (await officer.get(text)).text
        assert "P8-4-04@目標" in editor
        typed = {"content": "目標は{{}}である。", "expected": "0", "deed": "insert",
                 "reference": "P8-4-04@目標"}  # fmt: skip
        page = (await officer.post(text, data=typed)).text
        assert "目標は{{P8-4-04@目標}}である。" in page
        assert re.search(
            r'目標は<data value="100" data-ref="P8-4-04@目標">100 %</data>である', page
        )
        wrong = await officer.post(text, data={"content": "{{P8-4-99}}", "expected": "0"})
        assert wrong.status_code == 422
        assert "指標 P8-4-99 はありません" in wrong.text
        saved = await officer.post(text, data={"content": RESULT, "expected": "0", "note": "初稿"})
        assert saved.status_code == 303, saved.text
        stale = await officer.post(text, data={"content": "別の文", "expected": "0"})
        assert stale.status_code == 409
        assert "上書きを防ぐため" in stale.text
        assert "別の文" in stale.text
        history = (await officer.get(f"{text}/versions")).text
        assert "初稿" in history

        # the preview is live
        preview = (await expert.get(f"{PLACE}/preview")).text
        assert 'data-ref="P8-4-02@2025-03-31">2回</data>' in preview
        assert '<a href="/evaluation/indicators/P8-4-02">' in preview
        summary = (await expert.get(f"{PLACE}/preview?paper=summary")).text
        assert "１．概要・背景" in summary
        assert "1,788団体" in summary
        draft = await officer.get(f"{PLACE}/files/summary.pdf")
        assert draft.content.startswith(b"%PDF")

        # an expert's remark must be answered
        sent = await expert.post(
            f"{PLACE}/remarks", data={"content": "分母を示すこと。", "slot": "result"}
        )
        assert sent.status_code == 303
        refused = await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R8.11.20"})
        assert refused.status_code == 409
        assert "対応が書かれていません" in refused.text
        found = re.search(rf'action="({PLACE}/remarks/[^"]+/answers)"', refused.text)
        assert found is not None
        empty = await officer.post(found[1], data={"answer": " "})
        assert empty.status_code == 422
        assert (await officer.post(found[1], data={"answer": "分母を示した。"})).status_code == 303

        # hand in, decide
        future = await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R9.1.1"})
        assert "未来の日" in future.text
        handed = await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R8.11.20"})
        assert handed.status_code == 303, handed.text
        locked = await officer.post(text, data={"content": "書換え", "expected": "1"})
        assert locked.status_code == 422
        assert "書き換えを止めています" in locked.text
        assert (await officer.post(f"{PLACE}/steps", data={"deed": "approve"})).status_code == 409
        returned = await approver.post(f"{PLACE}/steps", data={"deed": "return"})
        assert "差し戻す理由がありません" in returned.text
        early = await approver.post(f"{PLACE}/steps", data={"deed": "publish"})
        assert early.status_code == 409
        assert (await approver.post(f"{PLACE}/steps", data={"deed": "approve"})).status_code == 303
        place.later(hours=1)
        assert (await approver.post(f"{PLACE}/steps", data={"deed": "publish"})).status_code == 303

        # published for everybody
        listed = (await public.get("/reports")).text
        assert "/reports/8/2026/editions/1" in listed
        shown = (await public.get("/reports/8/2026")).text
        assert "電子自治体の推進　評価書要旨" in shown
        statement = (await public.get("/reports/8/2026/editions/1?paper=statement")).text
        assert 'data-ref="P8-4-04@目標">100 %</data>' in statement
        assert '<a href="/open-data/evaluation/P8-4-04">' in statement
        assert "分母を示した。" in statement
        first = await public.get("/reports/8/2026/editions/1/report.json")
        document = decoded(first.content)
        assert (document.edition, document.published_on) == (1, date(2026, 11, 20))
        for name in ("statement.pdf", "summary.docx", "report.xlsx", "figures.csv", "report.html"):
            answer = await public.get(f"/reports/8/2026/editions/1/{name}")
            assert answer.status_code == 200, name
            assert "attachment" in answer.headers["content-disposition"]
        assert (await public.get("/reports/8/2026/editions/1/secret.txt")).status_code == 404
        assert (await public.get("/reports/8/2026/editions/2")).status_code == 404

        # a correction: the next edition needs its reason, the earlier one stays
        place.later(days=1)
        changed = RESULT + "なお、語句を直した。"
        again = await officer.post(text, data={"content": changed, "expected": "1"})
        assert again.status_code == 303
        silent = await officer.post(f"{PLACE}/steps", data={"deed": "submit", "as_of": "R8.11.21"})
        assert "何をなぜ直したか" in silent.text
        told = {"deed": "submit", "as_of": "R8.11.21", "reason": "語句の誤り"}
        assert (await officer.post(f"{PLACE}/steps", data=told)).status_code == 303
        for deed in ("approve", "publish"):
            done = await approver.post(f"{PLACE}/steps", data={"deed": deed})
            assert done.status_code == 303, done.text
        newest = (await public.get("/reports/8/2026")).text
        assert "この版の理由：語句の誤り" in newest
        old = await public.get("/reports/8/2026/editions/1")
        assert "この版の後に、第2版が公表されています" in old.text
        assert (await public.get("/reports/8/2026/editions/1/report.json")).content == first.content

        # a figure is corrected after publication: both are shown, the edition stays as it was
        fixed = Entry(indicator_id="P8-4-C8", as_of=date(2026, 3, 31), value=Decimal(3990),
                      source="総務省の訂正", reason="集計の誤りを直した")  # fmt: skip
        async with place.database.transaction() as tx:
            await entering.correct(tx, fixed, edition=1,
                                   by=Actor("staff", "officer-9", "評価 九子"), clock=clock)  # fmt: skip
        both = (await public.get("/reports/8/2026/editions/1")).text
        assert "公表 3,989人 → 訂正 3,990人" in both
        assert "集計の誤りを直した" in both
        statement = (await public.get("/reports/8/2026/editions/1?paper=statement")).text
        assert 'data-ref="P8-4-C8@2026-03-31">3,989人</data>' in statement
        assert (await public.get("/reports/8/2026/editions/1/report.json")).content == first.content

    # the draft of an earlier day is the same, byte for byte
    async with place.database.transaction(read_only=True) as tx:
        before = (await Desk(clock).open(tx, 8, 2026, as_of=date(2026, 11, 20))).document
    assert json.loads(encoded(before))["papers"] == json.loads(first.content)["papers"]
    assert json.loads(encoded(before))["figures"] == json.loads(first.content)["figures"]


async def test_the_same_by_calls(place: Ministry) -> None:
    desk = f"{API}/8/2027"
    async with (
        person(place) as officer,
        person(place, Role.EVALUATION_APPROVER) as approver,
        person(place, Role.CLERK) as clerk,
    ):
        assert (await clerk.get(API)).status_code == 403
        bad = await officer.post(API, json={"policy": 9, "fiscal_year": 2027})
        assert bad.status_code == 404
        begun = await officer.post(API, json={"policy": 8, "fiscal_year": 2027})
        assert begun.status_code == 201, begun.text
        view = begun.json()
        assert view["stage"] == "draft"
        assert {one["slot"] for one in view["texts"] if one["required"]} >= {"scope", "result"}
        missing = await officer.post(f"{desk}/submit", json={"as_of": "2026-11-20"})
        assert missing.status_code == 409
        assert missing.json()["type"] == "/problems/evaluation.report-unfinished"
        wrong = await officer.put(f"{desk}/texts/result", json={"text": "{{X}}", "version": 0})
        assert wrong.json()["type"] == "/problems/evaluation.report-reference"
        kept = await officer.put(f"{desk}/texts/result", json={"text": RESULT, "version": 0})
        assert kept.json() == {"version": 1}
        nowhere = await officer.put(f"{desk}/texts/nothing", json={"text": "", "version": 0})
        assert nowhere.status_code == 404
        told = await officer.post(f"{desk}/remarks", json={"text": "確かめた", "slot": "result"})
        assert told.status_code == 201
        document = await officer.get(f"{desk}/document?as_of=2026-11-20")
        assert decoded(document.content).fiscal_year == 2027
        csv = await officer.get(f"{desk}/files/figures.csv")
        assert "P8-4-04@目標" in csv.content.decode("utf-8-sig")
        handed = await officer.post(f"{desk}/submit", json={"as_of": "2026-11-19"})
        assert handed.json()["stage"] == "submitted"
        async with place.database.transaction(read_only=True) as tx:
            standing = await Desk(place.clock).standing(tx, 8, 2027)
            waiting = await Desk(place.clock).waiting(tx, 8, 2027, standing)
        assert waiting is not None
        assert waiting.as_of == date(2026, 11, 19)
        assert "2回" in encoded(waiting).decode()  # written after the day of the figures
        assert (await officer.post(f"{desk}/approve")).status_code == 403
        back = await approver.post(f"{desk}/return", json={"reason": "結果を詳しく"})
        assert back.json()["stage"] == "draft"
        handed = await officer.post(f"{desk}/submit", json={"as_of": "2026-11-20"})
        taken = await officer.post(f"{desk}/withdraw")
        assert taken.json()["stage"] == "draft"
        lines = {one["fiscal_year"]: one for one in (await officer.get(API)).json()}
        assert lines[2027]["published"] == 0


async def test_an_approver_who_also_writes_does_not_approve_their_own(place: Ministry) -> None:
    from tests.web.client import signed_in

    desk = f"{API}/8/2025"
    both = {Role.EVALUATION_OFFICER, Role.EVALUATION_APPROVER}
    async with signed_in(place.app, both) as one:
        await one.post(API, json={"policy": 8, "fiscal_year": 2025})
        await one.put(f"{desk}/texts/result", json={"text": RESULT, "version": 0})
        handed = await one.post(f"{desk}/submit", json={"as_of": "2026-11-20"})
        assert handed.status_code == 200, handed.text
        own = await one.post(f"{desk}/approve")
        assert own.status_code == 403
        assert own.json()["type"] == "/problems/evaluation.report-own"


async def test_a_later_correction_leaves_an_earlier_day_as_it_was(place: Ministry) -> None:
    """The correction of 26 April 2024 is built in: before it the first figure, after it both."""
    async with place.database.transaction(read_only=True) as tx:
        now = assemble(await gather(tx, 8, 2026, date(2026, 11, 20))).document
        again = assemble(await gather(tx, 8, 2026, date(2026, 11, 20))).document
        before = (await gather(tx, 8, 2026, date(2025, 6, 1))).indicators["P8-4-01"]
    assert encoded(now) == encoded(again)
    assert [(one.indicator, one.before, one.after) for one in now.corrections] == [
        ("P8-4-C3", "1,431団体", "1,383団体"),
        ("P8-4-C4", "1,296団体", "1,221団体"),
    ]
    assert [one.text for one in before.current] == ["1,788団体"]
    texts = {one.ref: one.text for one in now.figures}
    assert texts["P8-4-01@2025-04-01"] == "1,788団体"
    assert texts["P8-4-02@2025-03-31"] == "2回"
    assert texts["P8-4-04@目標"] == texts["P8-4-05@目標"] == "100 %"
    assert texts["P8-4-03@目標"] == "47都道府県"
    assert texts["P8-3-05@2025-12-31"] == "935団体"


async def test_what_is_entered_later_does_not_reach_an_earlier_day(place: Ministry) -> None:
    async with place.database.transaction(read_only=True) as tx:
        first = encoded(assemble(await gather(tx, 8, 2026, date(2026, 11, 20))).document)
    december = FixedClock(datetime(2026, 12, 10, 3, tzinfo=UTC))
    entry = Entry(
        indicator_id="P8-4-C8", as_of=date(2026, 12, 1), value=Decimal(4100), source="調査の回答"
    )
    officer = Actor("staff", "officer-9", "評価 九子")
    async with place.database.transaction() as tx:
        await entering.enter(tx, entry, by=officer, clock=december)
    async with place.database.transaction(read_only=True) as tx:
        then = encoded(assemble(await gather(tx, 8, 2026, date(2026, 11, 20))).document)
        later = assemble(await gather(tx, 8, 2026, date(2026, 12, 10))).document
    assert then == first
    assert "4,100人" in {one.text for one in later.figures}


def test_the_command_writes_every_format(
    cluster18: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = cluster18.copy_of(Tier.MINISTRY)
    monkeypatch.setenv("JICHITAI_DATABASE_URL", cluster18.dsn(name))
    asked = ["--policy", "8", "--fiscal-year", "2026", "--out", str(tmp_path)]
    runner = CliRunner()
    both = runner.invoke(report, [*asked, "--as-of", "R8.11.20", "--edition", "1"])
    assert both.exit_code == 2
    unknown = runner.invoke(report, [*asked, "--as-of", "R8.11.20"])
    assert unknown.exit_code == 1, unknown.output
    asyncio.run(_loaded(cluster18.dsn(name)))
    done = runner.invoke(report, [*asked, "--as-of", "R8.11.20"])
    assert done.exit_code == 0, done.output
    assert {one.name for one in tmp_path.iterdir()} == {one.name for one in FORMATS}
    written = (tmp_path / "report.json").read_bytes()
    runner.invoke(report, [*asked, "--as-of", "2026-11-20"])
    assert (tmp_path / "report.json").read_bytes() == written
    cluster18.drop(name)


async def _loaded(dsn: str) -> None:
    database = await Database.open(dsn, size=1)
    async with database.transaction() as tx:
        await policies.load_builtin(tx)
        await builtin.load(tx)
    await database.close()
