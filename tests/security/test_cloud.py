"""A prefecture keeps the state of its security cloud and reports it; the ministry sees all 47."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Received
from jichitai.jukinet.errors import InvalidMessageError
from jichitai.kernel.bodies import body, prefecture_body
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.security.cloud import catalogue, model, queries, store
from jichitai.security.cloud.checks import check
from jichitai.security.cloud.errors import CloudRefusedError
from jichitai.security.cloud.model import (
    Changes,
    Cloud,
    Cost,
    FunctionState,
    Have,
    Measurement,
    Member,
    Move,
    Promise,
    Step,
    StepDates,
)
from jichitai.security.cloud.routes import MINISTRY_ROUTES, PREFECTURE_ROUTES, TEMPLATES
from jichitai.security.cloud.service import ministry_handlers
from jichitai.security.cloud.todos import todos
from jichitai.security.errors import NotYourBodyError
from jichitai.security.messages import S07
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.security.upper_wires import HOKKAIDO, TOKYO, Upper, officer, supervisor, upper
from tests.web.client import signed_in

TODAY = date(2026, 11, 20)
API = "/api/v1/security/cloud"
REQUIRED = [one.code for one in catalogue.functions(TODAY) if one.required]


def complete(prefecture: str = HOKKAIDO, **values: Any) -> Cloud:
    """A cloud that may go live."""
    cloud = model.new_cloud(prefecture, 3)
    plain: dict[str, Any] = {
        "functions": tuple(FunctionState(code=code, have=Have.MET) for code in REQUIRED),
        "members": tuple(
            Member(code=one.code, move=Move.MIGRATED, moved_on=date(2026, 10, 1))
            for one in cloud.members
        ),
        "steps": tuple(
            StepDates(step=step, done_on=date(2026, 4 + number, 1))
            for number, step in enumerate(Step)
        ),
    }
    return msgspec.structs.replace(cloud, **(plain | values))


def refused(cloud: Cloud) -> dict[str, str]:
    with pytest.raises(CloudRefusedError) as caught:
        check(cloud, on=TODAY)
    return dict(caught.value.faults)


def test_a_cloud_that_has_everything_is_live() -> None:
    cloud = check(complete(), on=TODAY)
    assert (cloud.step, cloud.migrated, cloud.missing(TODAY)) == (Step.LIVE, 180, ())
    assert model.cloud_of(model.text_of(cloud)) == cloud


def test_a_cloud_does_not_go_live_without_a_required_function_or_with_members_left_behind() -> None:
    partly = [FunctionState(code=one, have=Have.PARTLY if one == "SOC" else Have.MET) for one in REQUIRED]  # fmt: skip
    assert "SOC" in refused(complete(functions=tuple(partly)))["step-live"]
    waiting = (
        Member(code="010006"),
        Member(code="011002", move=Move.STAYS_OUT, reason="単独で整備"),
    )
    assert "1団体" in refused(complete(members=waiting))["step-live"]


def test_steps_follow_one_another_and_only_the_subsidy_may_be_left_out() -> None:
    def steps(**days: date | None) -> Cloud:
        return complete(
            steps=tuple(
                StepDates(step=Step(k.replace("_", "-")), done_on=v) for k, v in days.items()
            )
        )

    first, second = date(2026, 5, 1), date(2026, 6, 1)
    check(steps(planning=first, budgeted=first, contracted=second), on=TODAY)
    assert "step-budgeted" in refused(steps(planning=first, contracted=second))
    assert "step-budgeted" in refused(steps(planning=second, budgeted=first))
    assert "step-planning" in refused(steps(planning=date(2026, 12, 1)))


def test_a_planned_day_that_passed_is_late_until_the_step_is_done() -> None:
    planned = StepDates(step=Step.MIGRATING, planned_on=date(2026, 9, 1))
    done = StepDates(step=Step.BUILDING, done_on=date(2026, 9, 1))
    cloud = complete(steps=(planned, done))
    assert [one.step for one in cloud.late_steps(TODAY)] == [Step.MIGRATING]
    assert cloud.late_steps(date(2026, 9, 1)) == ()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"members": (Member(code="131016"),), "steps": ()}, "member-131016"),
        ({"members": (Member(code="011002", move=Move.MIGRATED),)}, "member-011002"),
        ({"members": (Member(code="011002", move=Move.STAYS_OUT),)}, "member-011002"),
        ({"members": (Member(code="011002"), Member(code="011002")), "steps": ()}, "members"),
        ({"functions": (FunctionState(code="XYZ", have=Have.MET),), "steps": ()}, "functions"),
        ({"measured": (Measurement(metric="speed", month="2026-10", value=Decimal(1)),)}, "metric"),
        ({"measured": (Measurement(metric="availability", month="2026-12", value=Decimal(1)),)}, "month"),
        ({"measured": (Measurement(metric="availability", month="2026-10", value=Decimal("NaN")),)}, "value"),
        ({"promises": (Promise(metric="x", target=Decimal(1)),)}, "metric"),
        ({"costs": (Cost(fiscal_year=2026, sort="build", total=10, subsidy=5, members=4),)}, "cost-2026-build"),
        ({"shared_with": ("01",)}, "shared_with"),
        ({"contract_from": date(1, 1, 1)}, "contract_from"),
        ({"contract_from": date(2027, 1, 1), "contract_until": date(2026, 1, 1)}, "contract_until"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_at_its_field(
    values: dict[str, Any], field: str
) -> None:
    assert field in refused(complete(**values))


def test_a_cloud_built_together_may_have_members_of_the_other_prefecture() -> None:
    member = Member(code="131016", move=Move.MIGRATED, moved_on=TODAY)
    check(complete(members=(member,), shared_with=("13",)), on=TODAY)


def test_a_change_takes_the_place_of_the_same_key_and_leaves_the_rest() -> None:
    before = complete(name="前の名")
    after = model.changed(
        before,
        Changes(
            functions=(FunctionState(code="SOC", have=Have.NONE),),
            measured=(Measurement(metric="availability", month="2026-10", value=Decimal("99.5")),),
        ),
    )
    assert after.name == "前の名"
    assert len(after.functions) == len(before.functions)
    assert [one.code for one in after.missing(TODAY)] == ["SOC"]
    assert [one.month for one in after.broken()] == ["2026-10"]


# --- messages ------------------------------------------------------------------------------------


def message(cloud: Cloud, origin: str = HOKKAIDO, claimed: str = HOKKAIDO) -> Received:
    at = datetime(2026, 11, 20, 1, tzinfo=UTC)
    body = S07(prefecture=claimed, revision=1, content=model.text_of(cloud), reported_at=at)
    party = Party.prefecture(origin)
    return Received(
        id="prefecture-01-ministry-1",
        kind="S07",
        version=1,
        origin=party,
        sender=party,
        receiver=MINISTRY,
        number=1,
        part=0,
        sent_at=at,
        body=msgspec.json.encode(body),
        signed=b"",
        index=0,
    )


async def test_the_ministry_keeps_reports_of_their_own_prefecture_only(
    ministry_tx: Tx, clock: FixedClock
) -> None:
    take = ministry_handlers(clock)["S07"]
    await take(ministry_tx, [message(complete())])
    await take(ministry_tx, [message(complete(name="あとから"))])  # the same number again
    rows = await queries.overview(ministry_tx, 3, TODAY)
    assert len(rows) == 47
    assert [row.name for row in rows if row.step is Step.LIVE] == ["北海道"]
    assert (await store.reports_of(ministry_tx, HOKKAIDO))[0].cloud.name == ""
    with pytest.raises(NotYourBodyError):
        await take(ministry_tx, [message(complete(), origin=TOKYO)])
    with pytest.raises(NotYourBodyError):
        await take(ministry_tx, [message(complete(TOKYO))])
    with pytest.raises(InvalidMessageError):
        await take(ministry_tx, [message(complete(functions=()))])


# --- over HTTP -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def wires(cluster18: Cluster, keys: Keys) -> AsyncIterator[Upper]:
    async with upper(cluster18, keys) as wires:
        yield wires


@pytest.fixture
def own(wires: Upper) -> Litestar:
    return wires.app(Tier.PREFECTURE, PREFECTURE_ROUTES, TEMPLATES)


@pytest.fixture
def national(wires: Upper) -> Litestar:
    return wires.app(Tier.MINISTRY, MINISTRY_ROUTES, TEMPLATES)


async def test_a_prefecture_keeps_its_cloud_and_the_ministry_sees_what_it_reported(
    wires: Upper, own: Litestar, national: Litestar
) -> None:
    handlers = {Tier.MINISTRY: ministry_handlers(wires.clock)}
    async with supervisor(own) as client:
        begun = (await client.post(API, json={"generation": 3})).json()
        assert (begun["revision"], begun["joining"], begun["step"]) == (1, 180, "planning")
        assert (await client.post(API, json={"generation": 3})).json()["revision"] == 1
        changes = {
            "name": "北の雲",
            "functions": [{"code": code, "have": "met"} for code in REQUIRED],
            "steps": [{"step": "planning", "done_on": "2026-05-01"}],
        }
        answer = await client.patch(f"{API}/3", json={"revision": 1, "changes": changes})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["revision"], answer.json()["missing_functions"]) == (2, [])
        stale = await client.patch(f"{API}/3", json={"revision": 1, "changes": {"name": "別"}})
        assert stale.status_code == 409
        assert stale.json()["type"].endswith("security.stale-edit")
        live = {"steps": [{"step": "live", "done_on": "2026-11-01"}]}
        wrong = await client.patch(f"{API}/3", json={"revision": 2, "changes": live})
        assert wrong.status_code == 422
        assert {one["field"] for one in wrong.json()["errors"]} >= {"step-live", "step-budgeted"}
        assert (await client.post(f"{API}/3/report")).json() == {"number": 1}
        assert (await client.post(f"{API}/3/report")).status_code == 409
        history = (await client.get(f"{API}/3/history")).json()["changes"]
        assert [one["revision"] for one in history] == [2, 1]
        assert history[0]["sent_at"] is not None
    assert await wires.flow(handlers) >= 1
    async with officer(national) as client:
        seen = (await client.get("/api/v1/security/clouds")).json()
        assert (seen["live"], seen["target"], len(seen["rows"])) == (0, 47, 47)
        assert seen["rows"][0]["step"] == "planning"
        assert seen["rows"][1]["step"] is None
        table = (await client.get("/api/v1/security/clouds.csv")).text
        assert table.count("\r\n") == 48
        reports = (await client.get("/api/v1/security/clouds/01")).json()["reports"]
        assert reports[0]["cloud"]["name"] == "北の雲"


async def test_the_pages_do_the_same_without_script(wires: Upper, own: Litestar) -> None:
    async with supervisor(own, TOKYO, html=True) as client:
        assert "まだ登録していません" in (await client.get("/security/cloud")).text
        begun = await client.post("/security/cloud", data={"generation": "3"})
        assert begun.headers["location"] == "/security/cloud/3"
        for part in ("basic", "steps", "functions", "members", "level", "costs"):
            form = (await client.get(f"/security/cloud/3/{part}")).text
            fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
            fields |= {"planned-live": "R9.3.31", "have-SOC": "met", "move-131016": "migrated",
                       "on-131016": "R8.11.1", "month": "2026-10", "value-availability": "９９．９５",
                       "contract_until": "R13.3.31", "year": "2026", "sort": "build",
                       "total": "1,000", "prefecture": "600", "members": "400"}  # fmt: skip
            saved = await client.post(f"/security/cloud/3/{part}", data=fields)
            assert saved.status_code == 303, saved.text
        shown = (await client.get("/security/cloud/3")).text
        for words in ("令和9年3月31日", "99.95 %", "移行済み", "1,000円", "第7版"):
            assert words in shown
        wrong = await client.post(
            "/security/cloud/3/members",
            data={"revision": "7", "move-131016": "migrated", "on-131016": "きのう"},
        )
        assert wrong.status_code == 422
        assert 'value="きのう"' in wrong.text
        assert 'href="#f-on-131016"' in wrong.text
        live = await client.post(
            "/security/cloud/3/steps", data={"revision": "7", "done-live": "R8.11.1"}
        )
        assert 'href="#f-done-live"' in live.text
        stale = await client.post("/security/cloud/3/basic", data={"revision": "2", "name": "遅い"})
        assert (stale.status_code, "ほかの人" in stale.text) == (422, True)
        assert (await client.post("/security/cloud/3/report")).status_code == 303
        assert (await client.post("/security/cloud/3/report")).status_code == 409
        assert (await client.get("/security/cloud/3/nothing")).status_code == 404
    async with wires.databases[Tier.PREFECTURE].transaction() as tx:
        waits = await todos(tx, prefecture_body(TOKYO), date(2028, 1, 1))
        assert [one.label for one in waits] == ["第3世代の「運用開始」を進めるか、予定を直す"]
        assert await todos(tx, body("131016"), TODAY) == []
    async with wires.databases[Tier.PREFECTURE].transaction() as tx:
        latest = await store.current(tx, TOKYO, 3)
        assert latest is not None
        assert latest.cloud.have("SOC") is Have.MET


async def test_other_prefectures_and_other_roles_see_nothing(
    own: Litestar, national: Litestar
) -> None:
    async with supervisor(own, "14") as stranger:
        assert (await stranger.get(API)).json() == {"clouds": []}
        assert (await stranger.get(f"{API}/3")).status_code == 404
        assert (await stranger.get(f"{API}/3/history")).json() == {"changes": []}
    others = {Role.SOC_ANALYST, Role.PREFECTURE_OPERATOR, Role.SECURITY_OFFICER}
    async with signed_in(own, others, prefecture=HOKKAIDO) as client:
        for method, path in _calls(PREFECTURE_ROUTES):
            assert (await client.request(method, path)).status_code == 403, path
    async with signed_in(national, others) as client:
        for method, path in _calls(MINISTRY_ROUTES):
            assert (await client.request(method, path)).status_code == 403, path


def _calls(routes: Any) -> list[tuple[str, str]]:
    values = {"{generation:int}": "3", "{part:str}": "basic", "{prefecture:str}": "01"}
    return [
        (str(method), re.sub(r"\{[^}]+\}", lambda name: values[name[0]], path))
        for route in routes
        for path in route.paths
        for method in route.http_methods
    ]
