"""Monitoring on pages and for programs: journeys without script, rights, what is refused."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.security import shell
from jichitai.security.monitoring.desk import Desk
from jichitai.security.monitoring.routes import PREFECTURE_ROUTES, TEMPLATES
from jichitai.security.monitoring.trial.scenarios import scenario
from jichitai.web.app import create_app
from jichitai.web.rights import PUBLIC, Role, table
from tests.conftest import Cluster, fresh_database
from tests.security.monitoring_builders import BODY, FOREIGN_BODY, NOW, OTHER_BODY, json_lines
from tests.web.client import browser, signed_in

API = "/api/v1/security/monitoring"
PAGES = "/security/monitoring"
ANALYST = frozenset({Role.SOC_ANALYST})
OWN_BODY = "010006"
RULE = """title: 夜間の遠隔接続
id: 7b0f3a52-1f5b-4f1e-9a0e-3f0d7b4f2c11
logsource:
  category: authentication
detection:
  vpn:
    product: VPN
    outcome: success
  known:
    src: 203.0.113.1
  condition: vpn and not known
level: low
"""
SAMPLES = """match:
  - title: 知らない場所から
    events: [{class: 3002, product: VPN, outcome: success, src: 198.51.100.1}]
no_match:
  - title: 知った場所から
    events: [{class: 3002, product: VPN, outcome: success, src: 203.0.113.1}]
"""
LIST = "団体コード,対象,件名,識別子,重大度,検出日,対応期限,対応\n"


@pytest.fixture(scope="module")
async def database(cluster18: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster18, Tier.PREFECTURE, keys) as found:
        yield found


@pytest.fixture(scope="module")
def desk(database: Database, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    clock = FixedClock(NOW)
    folder: Path = tmp_path_factory.mktemp("logs")
    settings = Settings(tier=Tier.PREFECTURE, log_directory=folder, syslog_port=6514)
    return Desk(database, clock, Outbox(keys.network, clock), settings)


@pytest.fixture
def app(desk: Desk, keys: Keys) -> Litestar:
    return create_app(
        Tier.PREFECTURE,
        desk.settings,
        controllers=list(PREFECTURE_ROUTES),
        templates=[TEMPLATES],
        shell=shell.body_shell(shell.prefecture_shell),
        db=desk.database,
        clock=desk.clock,
        keys=keys,
        dependencies={"outbox": Provide(lambda: desk.outbox, sync_to_thread=False)},
    )


def analyst(app: Litestar, prefecture: str = "01", *, html: bool = False) -> Any:
    return signed_in(app, ANALYST, prefecture=prefecture, html=html)


async def work(desk: Desk) -> None:
    worker = desk.worker
    while await worker.read() or await worker.look():
        pass
    await worker.keep()


async def send(
    app: Litestar, source: dict[str, Any], data: bytes, **headers: str
) -> httpx.Response:
    """Logs as a device sends them, without a session."""
    async with browser(app) as client:
        token = {"x-jichitai-source-token": source["token"]}
        path = f"{API}/intake/{source['source_id']}"
        return await client.post(path, content=data, headers={**token, **headers})


async def register(client: httpx.AsyncClient, body: str = BODY, **changes: str) -> dict[str, Any]:
    values = {"area": "INT", "function": "SRV", "format": "json", "name": "端末の記録"}
    answer = await client.post(f"{API}/sources", json={"body": body, **values, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def attacked(app: Litestar, desk: Desk, body: str = BODY) -> dict[str, Any]:
    """An alert of the ransomware story at a body."""
    async with analyst(app) as client:
        (feed,) = scenario("ransomware", NOW).feeds
        source = await register(
            client, body, function=feed.function, format=feed.format, area=feed.area
        )
        answer = await send(app, source, feed.data)
        assert answer.status_code == 202, answer.text
        await work(desk)
        batch = (await client.get(f"{API}/batches/{answer.json()['batch']}")).json()
        assert (batch["state"], batch["events"], batch["refused"]) == ("stored", 603, {})
        found = (await client.get(f"{API}/alerts?show=waiting&body_code={body}")).json()
    assert {one["rule_file"] for one in found} == {
        "shadow_copy_deletion",
        "mass_rename",
        "ransomware_course",
        "ransom_note",
    }
    alert: dict[str, Any] = next(one for one in found if one["rule_file"] == "mass_rename")
    return alert


async def test_programs_go_from_a_source_to_a_notice(app: Litestar, desk: Desk) -> None:
    alert = await attacked(app, desk)
    assert alert["events"] == 600
    assert alert["notice_due"] == "2026-11-20T01:30:00Z"
    one = f"{API}/alerts/{alert['alert_id']}"
    async with analyst(app) as client:
        assert len((await client.get(f"{one}/lines")).json()) == 20
        taken = await client.post(f"{one}/decision", json={"decision": "take"})
        assert taken.json()["state"] == "working"
        told = await client.post(f"{one}/notice", json={})
        assert told.json()["state"] == "notified"
        refused = await client.post(f"{one}/incident")
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/security.monitoring.wrong-step",
        )
        unreasoned = await client.post(f"{one}/decision", json={"decision": "close"})
        assert unreasoned.status_code == 422
        whole = (await client.get(one)).json()
        assert [step["action"] for step in whole["steps"]] == ["found", "take", "notify"]
        assert whole["decisions"] == ["false", "close"]


async def test_an_alert_of_the_prefecture_itself_becomes_its_incident(
    app: Litestar, desk: Desk
) -> None:
    alert = await attacked(app, desk, OWN_BODY)
    async with analyst(app) as client:
        one = f"{API}/alerts/{alert['alert_id']}"
        assert (await client.post(f"{one}/notice", json={})).status_code == 409
        made = await client.post(f"{one}/incident")
        assert made.status_code == 201, made.text
        assert (await client.get(one)).json()["alert"]["incident"] == made.json()["number"]


async def test_another_prefecture_sees_and_touches_nothing(app: Litestar, desk: Desk) -> None:
    async with analyst(app) as client:
        source = await register(client, OTHER_BODY)
        (alert, *_) = (await client.get(f"{API}/alerts?show=all")).json() or [
            await attacked(app, desk, "012041")
        ]
    async with analyst(app, "13") as client:
        for path in ("sources", "alerts?show=all", "batches", "findings", "suppressions"):
            assert (await client.get(f"{API}/{path}")).json() == []
        one = f"{API}/alerts/{alert['alert_id']}"
        mine = f"{API}/sources/{source['source_id']}"
        assert (await client.get(one)).status_code == 404
        assert (await client.get(f"{one}/lines")).status_code == 404
        assert (await client.post(f"{one}/notice", json={})).status_code == 404
        assert (await client.post(f"{one}/incident")).status_code == 404
        assert (await client.post(f"{mine}/logs", content=b"x")).status_code == 404
        assert (await client.post(f"{mine}/token")).status_code == 404
        assert (await client.post(f"{mine}/retirement")).status_code == 404
        answer = await client.post(
            f"{API}/sources",
            json={
                "body": BODY,
                "area": "INT",
                "function": "SRV",
                "format": "json",
                "name": "よその団体",
            },
        )
        assert answer.status_code == 403


async def test_only_analysts_reach_anything_but_the_intake(app: Litestar) -> None:
    routes = [one for one in table(app) if "security/monitoring" in one.path]
    assert len(routes) > 40
    open_to_all = [one.path for one in routes if set(one.roles) == PUBLIC]
    assert open_to_all == [f"{API}/intake/{{source_id}}"]
    assert all(set(one.roles) == ANALYST for one in routes if one.path not in open_to_all)
    for role in set(Role) - {Role.SOC_ANALYST, Role.ANONYMOUS}:
        async with signed_in(app, {role}, prefecture="01", municipality=BODY) as client:
            assert (await client.get(f"{API}/alerts")).status_code == 403


async def test_the_intake_takes_what_it_can_and_says_what_it_cannot(
    app: Litestar, desk: Desk
) -> None:
    async with analyst(app) as client:
        source = await register(client, function="PRX", format="squid", name="プロキシ")
        stolen = {**source, "token": "x" * 43}
        assert (await send(app, stolen, b"a\n")).status_code == 401
        assert (await send(app, source, b"zip", **{"content-encoding": "gzip"})).status_code == 413
        mixed = b"x" * 10_000_000 + b"\nnonsense\n1795136300.1 5 10.1.1.1 TCP_MISS/200 9 GET"
        mixed += b" http://www.example.jp/\xff - HIER_DIRECT/192.0.2.1 -\n"
        answer = await send(app, source, mixed)
        await work(desk)
        batch = (await client.get(f"{API}/batches/{answer.json()['batch']}")).json()
        assert batch["refused"] == {"too-long": 1, "unreadable": 1}
        assert (batch["events"], batch["marks"]["broken-utf8"]) == (1, 1)
        retired = await client.post(f"{API}/sources/{source['source_id']}/retirement")
        assert retired.status_code == 204
        assert (await send(app, source, b"a\n")).status_code == 401
        assert (await client.get(f"{API}/batches/99999999999")).status_code == 404


async def test_an_own_rule_is_taken_when_its_samples_come_out_right(app: Litestar) -> None:
    async with analyst(app) as client:
        path = f"{API}/rules/vpn_night"
        bad = RULE.replace("product: VPN", "prodct: VPN")
        answer = await client.put(path, json={"text": bad, "samples": SAMPLES})
        assert answer.status_code == 422
        assert answer.json()["field"] == "prodct"
        wrong = SAMPLES.replace("198.51.100.1", "203.0.113.1")
        answer = await client.put(path, json={"text": RULE, "samples": wrong})
        assert "知らない場所から" in answer.json()["detail"]
        assert (await client.put(path, json={"text": RULE, "samples": ""})).status_code == 422
        taken = await client.put(path, json={"text": RULE, "samples": SAMPLES})
        assert [one["found"] for one in taken.json()] == [True, False]
        assert (await client.post(f"{path}/switch", json={"enabled": False})).status_code == 422
        off = await client.post(f"{path}/switch", json={"enabled": False, "reason": "試験中"})
        assert (off.json()["enabled"], off.json()["packaged"]) == (False, False)
        fixed = await client.put(
            f"{API}/rules/brute_force", json={"text": RULE, "samples": SAMPLES}
        )
        assert fixed.status_code == 409
        assert len((await client.get(f"{API}/rules")).json()) == 23
        assert (await client.post(f"{API}/rules/brute_force/test")).status_code == 200
    async with analyst(app, "13") as client:
        assert (await client.get(path)).status_code == 404
        assert len((await client.get(f"{API}/rules")).json()) == 22


async def test_findings_are_checked_cell_by_cell_and_passed_on(app: Litestar) -> None:
    good = f"{BODY},www.example.jp,古いTLS,CVE-2014-3566,高,R8.11.1,R8.12.1,止めてください\n"
    foreign = f"{FOREIGN_BODY},x,y,,低,2026-11-01,,\n"
    async with analyst(app) as client:
        query = {"source": "地方版ASM"}
        faults = f"{LIST}{good}{foreign}{BODY},x,,,とても高い,先月,,\n".encode()
        looked = (await client.post(f"{API}/findings/preview", params=query, content=faults)).json()
        assert looked["rows"] == 1
        assert [(one["row"], one["column"]) for one in looked["faults"]] == [
            (3, "団体コード"),
            (4, "件名"),
            (4, "重大度"),
            (4, "検出日"),
        ]
        refused = await client.post(f"{API}/findings", params=query, content=faults)
        assert refused.status_code == 422
        assert (await client.get(f"{API}/findings")).json() == []
        taken = await client.post(
            f"{API}/findings", params=query, content=f"{LIST}{good}{good}".encode("cp932")
        )
        assert taken.json() == {"rows": 1, "new": 1}
        scanner = b"Host,Name,CVE,Risk,Solution\n10.0.0.1,Weak cipher,,Medium,Upgrade\n"
        again = {**query, "body_code": OTHER_BODY}
        assert (await client.post(f"{API}/findings", params=again, content=scanner)).json() == {
            "rows": 1,
            "new": 1,
        }
        sent = (await client.post(f"{API}/findings/sending")).json()
        assert sent == {"findings": 2, "bodies": [BODY, OTHER_BODY]}
        assert (await client.post(f"{API}/findings/sending")).json()["findings"] == 0


async def test_pages_work_without_script(app: Litestar, desk: Desk) -> None:
    alert = await attacked(app, desk, "012033")
    one = f"{PAGES}/alerts/{alert['alert_id']}"
    async with analyst(app, html=True) as client:
        board = (await client.get(PAGES)).text
        assert one in board
        assert "小樽市" in board
        shown = await client.post(f"{one}/lines")
        assert ".xlsx.locked" in shown.text
        missing = await client.post(one, data={"deed": "notify", "advice": ""})
        assert missing.status_code == 422
        assert "助言がありません" in missing.text
        limits = {"deed": "suppress", "field": "user", "until_era": "R", "until_year": "20.1.1"}
        refused = await client.post(one, data=limits)
        assert "180日以内" in refused.text
        told = await client.post(one, data={"deed": "notify", "advice": "切り離してください"})
        assert told.status_code == 303
        assert "団体に通知済み" in (await client.get(one)).text
        made = await client.post(
            f"{PAGES}/sources",
            data={
                "body": BODY,
                "area": "INT",
                "function": "PRX",
                "format": "squid",
                "name": "画面から",
                "address": "192.0.2.7",
            },
        )
        assert re.search(r"<code>[\w-]{43}</code>", made.text)
        taken = await client.post(
            f"{PAGES}/sources",
            data={"body": OTHER_BODY, "area": "INT", "function": "PRX", "format": "squid",
                  "name": "横取り", "address": "192.0.2.0/29"},
        )  # fmt: skip
        assert taken.status_code == 422
        assert "登録されています" in taken.text
        for place in ("rules", "rules/brute_force", "rules/new", "suppressions", "findings"):
            assert (await client.get(f"{PAGES}/{place}")).status_code == 200
        assert "期待どおり" in (await client.post(f"{PAGES}/rules/brute_force/test")).text
        trial = (await client.get(f"{PAGES}/trial")).text
        assert "すべて見つけ、余計な検知はありません" in trial
        csv = (LIST + f"{BODY},a,b,,低,R8.11.1,,\n").encode()
        looked = await client.post(
            f"{PAGES}/findings", data={"source": "ASM"}, files={"file": ("a.csv", csv, "text/csv")}
        )
        assert "1件を取り込みます" in looked.text
        again = {"source": "ASM", "deed": "take", "content": csv.decode()}
        kept = await client.post(
            f"{PAGES}/findings", data=again, files={"file": ("", b"", "application/octet-stream")}
        )
        assert kept.status_code == 303


async def test_the_claim_of_another_body_is_set_aside(app: Litestar, desk: Desk) -> None:
    async with analyst(app) as client:
        source = await register(client)
        rows = [
            {"time": "2026-11-20T10:00:00+09:00", "body_code": code} for code in (BODY, OTHER_BODY)
        ]
        answer = await send(app, source, json_lines(*rows))
        await work(desk)
        batch = (await client.get(f"{API}/batches/{answer.json()['batch']}")).json()
    assert (batch["events"], batch["refused"]) == (1, {"other-body": 1})
