"""Indicators on pages, for programs, and by workbook: in the manner of those who use them."""

import io
import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from openpyxl import load_workbook

from jichitai.evaluation.indicators import builtin, routes
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.conftest import Cluster, fresh_database
from tests.evaluation.test_indicators import tell
from tests.web.client import form_token, signed_in

API = "/api/v1/evaluation/indicators"
PLACE = "/evaluation/indicators"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JST)


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    clock = FixedClock(NOW)
    async with fresh_database(cluster18, Tier.MINISTRY, keys) as database:
        async with database.transaction() as tx:
            await builtin.load(tx)
            whole: dict[tuple[str, ...], int] = {
                ("bodies-1788", "01", "市"): 1000, ("bodies-1788", "13", "町"): 788,
            }  # fmt: skip
            for day, number in ((date(2026, 4, 30), 447), (date(2026, 11, 18), 894)):
                await tell(tx, "security.policy_bodies", day, whole)
                adopted: dict[tuple[str, ...], int] = {("bodies-1788", "01", "市"): number}
                await tell(tx, "security.policies_adopted", day, adopted)
        yield create_app(
            Tier.MINISTRY,
            Settings(tier=Tier.MINISTRY),
            controllers=[*routes.ROUTES],
            templates=[routes.TEMPLATES],
            db=database,
            clock=clock,
            keys=keys,
            dependencies={
                "outbox": Provide(lambda: Outbox(keys.network, clock), sync_to_thread=False)
            },
        )


def writer(app: Litestar, *, html: bool = False) -> Any:
    return signed_in(app, {Role.EVALUATION_OFFICER}, html=html)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_programs_read_correct_and_find_what_was_known_before(app: Litestar) -> None:
    async with writer(app) as client:
        answer = (await client.get(API)).json()
        lines = {one["indicator_id"]: one for one in answer["indicators"]}
        assert lines.keys() >= {one.indicator_id for one in builtin.definitions()}
        assert lines["P8-4-04"]["shown"] == "50.0 %"
        assert lines["P8-1-01"]["shown"] == "—（未公表）"
        assert lines["P8-3-01"]["standing"] == "awaited"
        place = f"{API}/P8-3-03"
        body = {"as_of": "2026-06-30", "value": "9000", "source": "デジタル庁"}
        made = await client.post(f"{place}/points", json=body)
        assert made.status_code == 201, made.text
        assert (await client.post(f"{place}/points", json=body)).status_code == 409
        fixed = body | {"value": "8990", "edition": 1}
        refused = await client.post(f"{place}/corrections", json=fixed)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "reason"
        kept = await client.post(
            f"{place}/corrections", json=fixed | {"reason": "団体が数え直した"}
        )
        assert kept.json()["edition"] == 2
        found = (await client.get(f"{place}/points")).json()["points"]
        assert [one["text"] for one in found][-2:] == ["9,000", "8,990"]
        early = (await client.get(f"{API}/P8-4-C3/points?known=2024-04-25")).json()["points"]
        assert [one["text"] for one in early] == ["1,431"]
        table = (await client.get(f"{API}/P8-4-C3/points.csv")).text
        assert table.count("P8-4-C3") == 2
        assert "置き換えられた" in table
        assert (await client.get(f"{API}.csv")).status_code == 200
        goal = {"on": "2020-03-31", "value": "0", "source": "計画"}
        assert (await client.post(f"{place}/targets", json=goal)).status_code == 422
        goal["on"] = "2028-03-31"
        assert (await client.post(f"{place}/targets", json=goal)).status_code == 201
        detail = (await client.get(place)).json()
        assert detail["targets"][0]["text"] == "0"
        assert detail["forecast"]["method"]
        one = {
            "indicator_id": "P8-4-11", "version": 1, "edition": 0, "section": "security",
            "level": "output", "name": "率", "unit": "%", "valid_from": "2026-04-01",
        }  # fmt: skip
        wrong = await client.post(API, json={"definition": one})
        assert wrong.json()["errors"][0]["field"] == "denominator"
        one["denominator"] = {"type": "constant", "value": "0", "name": "団体"}
        assert (await client.post(API, json={"definition": one})).status_code in {400, 422}
        one["denominator"] = {"type": "constant", "value": "47", "name": "都道府県"}
        assert (await client.post(API, json={"definition": one})).status_code == 201
        assert (await client.post(API, json={"definition": one})).status_code == 409
        parts = (await client.get(f"{API}/P8-4-04/points?breakdown=prefecture")).json()["points"]
        assert {one["part"]: one["text"] for one in parts} == {"01": "89.4", "13": "0.0"}
        assert (await client.get(f"{API}/P8-0-00")).status_code == 404
        assert (await client.get(f"{API}?known=9999-12-31")).status_code == 200
        huge = await client.post(f"{place}/points", json=body | {"value": "1e99"})
        assert huge.status_code in {400, 422}
    async with signed_in(app, {Role.EVALUATION_EXPERT}) as client:
        assert (await client.get(API)).status_code == 200
        assert (await client.post(f"{place}/points", json=body)).status_code == 403


async def test_an_officer_defines_enters_and_corrects_on_the_pages(app: Litestar) -> None:
    async with writer(app, html=True) as client:
        shelf = plain((await client.get(f"{PLACE}?section=security")).text)
        assert "方針の策定率" in shelf
        assert "— 実績未公表" in shelf
        page = (await client.get(f"{PLACE}/P8-4-C3")).text
        assert "<del>1,431団体</del>" in page
        assert "1,383団体" in page
        assert "差し替え" in page
        before = plain((await client.get(f"{PLACE}/P8-4-C3?known=R6.4.25")).text)
        assert "過去の時点で見ています" in before
        assert "1,383" not in before
        cards = plain((await client.get(f"{PLACE}/P8-2-02")).text)
        assert "引き継いだ系列：交付枚数（累計）" in cards
        assert "100,108,393枚" in cards
        rate = plain((await client.get(f"{PLACE}/P8-4-04?breakdown=prefecture")).text)
        assert "50.0 %" in rate
        assert "北海道" in rate
        empty = (await client.get(f"{PLACE}/new")).text
        form = {
            "_csrf_token": form_token(empty), "indicator_id": "P8-4-20", "name": "訓練をした団体の率",
            "section": "security", "level": "output", "unit": "%", "decimals": "1",
            "direction": "up", "frequency": "year", "valid_from": "R8.4.1",
        }  # fmt: skip
        wrong = await client.post(f"{PLACE}/new", data=form)
        assert wrong.status_code == 422
        assert "分母を決めてください" in wrong.text
        form |= {"denominator_kind": "constant", "denominator_value": "1,788",
                 "denominator_name": "団体"}  # fmt: skip
        saved = await client.post(f"{PLACE}/new", data=form)
        assert saved.headers["location"] == f"{PLACE}/P8-4-20?saved=1", saved.text
        own = f"{PLACE}/P8-4-20"
        assert (await client.get(f"{own}/values/new")).status_code == 200
        value = {"as_of": "令和8年13月1日", "numerator": "894", "source": "調査",
                 "confidence": "survey"}  # fmt: skip
        odd = await client.post(f"{own}/values/new", data=value)
        assert odd.status_code == 422
        assert "月" in plain(odd.text)
        done = await client.post(f"{own}/values/new", data=value | {"as_of": "R8.9.30"})
        assert done.status_code == 303, plain(done.text)
        edit = await client.get(f"{own}/values/2026-09-30")
        assert "第1版" in edit.text
        fixed = value | {"numerator": "900", "edition": "1"}
        assert (await client.post(f"{own}/values/2026-09-30", data=fixed)).status_code == 422
        fixed["reason"] = "集計漏れを加えた"
        assert (await client.post(f"{own}/values/2026-09-30", data=fixed)).status_code == 303
        goal = {"on": "R10.3.31", "value": "100", "source": "実施計画"}
        assert (await client.post(f"{own}/targets/new", data=goal)).status_code == 303
        again = {"value": "90", "source": "実施計画", "edition": "1", "reason": "計画の変更"}
        assert (await client.get(f"{own}/targets/2028-03-31")).status_code == 200
        assert (await client.post(f"{own}/targets/2028-03-31", data=again)).status_code == 303
        shown = await client.get(own)
        assert "<del>50.0 %</del>" in shown.text
        assert "<del>100 %</del>" in shown.text
        filled = await client.get(f"{own}/definition")
        assert "1788" in filled.text
        other = form | {"denominator_value": "1741", "denominator_name": "市区町村",
                        "version": "1", "edition": "1", "reason": "都道府県を除く"}  # fmt: skip
        assert (await client.post(f"{own}/definition", data=other)).status_code == 422
        other["new_series"] = "1"
        assert (await client.post(f"{own}/definition", data=other)).status_code == 303
        assert "第2系列 第1版" in (await client.get(own)).text
    async with signed_in(app, {Role.EVALUATION_EXPERT}, html=True) as client:
        reading = await client.get(own)
        assert "実績値を記録する" not in reading.text
        assert (await client.get(f"{own}/values/new")).status_code == 403


async def workbook_sent(client: Any) -> str:
    """A filled-in workbook with one right row and six wrong ones; where its preview stands."""
    book = load_workbook(io.BytesIO((await client.get(f"{PLACE}/import/form.xlsx")).content))
    sheet = book["実績値"]
    head = next(row for row in sheet.iter_rows() if row[0].value == "指標番号")
    places = {cell.value: cell.column for cell in head}
    lines = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=head[0].row + 1)}
    assert "P8-4-04" not in lines

    def fill(indicator: str, **values: object) -> None:
        for name, value in values.items():
            sheet.cell(lines[indicator], places[name], value)

    fill("P8-3-05", 時点="R8.3.31", 値="1,000", 出典="デジタル庁", 確からしさ="公表値")
    fill("P8-4-C4", 時点="2022-04-01", 値=1220, 出典="総務省")
    fill("P8-4-C3", 時点="2023-04-01", 値="=1+1", 出典="総務省")
    fill("P8-3-06", 時点="2026-03-31", 値=55.9, 出典="デジタル庁")
    fill("P8-2-01", 時点="2026-03-31", 値=5, 出典="総務省")
    fill("P8-2-03", 時点="2027-03-31", 値=90, 出典="総務省", 出典は率だけ="はい")
    fill("P8-2-04", 時点="令和8年13月1日", 値="約3", 出典="総務省")
    out = io.BytesIO()
    book.save(out)
    sent = await client.post(f"{PLACE}/import", files={"file": ("値.xlsx", out.getvalue(), XLSX)})
    assert sent.status_code == 303, plain(sent.text)
    return str(sent.headers["location"])


async def test_a_workbook_is_read_before_anything_is_recorded(app: Litestar) -> None:
    async with writer(app, html=True) as client:
        place = await workbook_sent(client)
        shown = plain((await client.get(place)).text)
        assert "正しい行 1 行" in shown
        assert "まだ何も記録していません" in shown
        for why in ("訂正の理由がありません", "式は計算し直すと", "割合だけで", "より小さくなっています",
                    "まだ来ていません", "数ではありません"):  # fmt: skip
            assert why in shown, why
        done = await client.post(place)
        assert done.status_code == 303, plain(done.text)
        assert "取込み済みです" in plain((await client.get(place)).text)
        assert (await client.post(place)).status_code == 409
        assert "1,000団体" in plain((await client.get(f"{PLACE}/P8-3-05")).text)
        nothing = await client.post(f"{PLACE}/import", files={"file": ("x.xlsx", b"x", XLSX)})
        assert nothing.status_code == 422
    async with writer(app) as client:
        form = (await client.get(f"{API}/imports/form.xlsx")).content
        files = {"file": ("値.xlsx", form, XLSX)}
        read = await client.post(f"{API}/imports?write=yes", files=files)
        assert (read.json()["right"], read.json()["written"]) == (0, 0), read.text
