"""The register's calls: status, problem types, and what they never tell."""

from uuid import uuid4

from litestar import Litestar

from jichitai.register.model.resident import Resident
from jichitai.web.rights import Role
from tests import builders
from tests.builders import OTHER_TOWN, TOWN
from tests.web.client import browser, signed_in

Town = tuple[Litestar, tuple[Resident, ...]]
CLERK, APPROVER = frozenset({Role.CLERK}), frozenset({Role.CLERK, Role.APPROVER})


def move_in(**changes: object) -> dict[str, object]:
    person = builders.person()
    form = {
        "kind": "move-in",
        "occurred_on": "R8.11.18",
        "previous_municipality": OTHER_TOWN,
        "previous_address": "千代田一丁目1番",
        "place": {"town": "中央三丁目", "lot": "5番6号"},
        "people": [
            {
                "name": person.name,
                "kana": person.kana,
                "birth_date": person.birth_date,
                "sex": person.sex,
                "relation": person.relation,
                "juki_code": person.juki_code,
                "my_number": person.my_number,
            }
        ],
    }
    return form | changes


async def test_a_move_in_from_entry_to_the_log(town: Town) -> None:
    app, _ = town
    form = move_in()
    body = {"entry_id": str(uuid4()), "form": form}
    async with (
        signed_in(app, CLERK, municipality=TOWN) as clerk,
        signed_in(app, APPROVER, municipality=TOWN) as approver,
    ):
        first = await clerk.post("/api/v1/entries", json=body)
        again = await clerk.post("/api/v1/entries", json=body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["findings"] == []
        person = form["people"][0]  # type: ignore[index]
        assert person["juki_code"] not in first.text
        assert person["my_number"] not in first.text
        address = f"/api/v1/entries/{body['entry_id']}"
        refused = await approver.post(f"{address}/approve", json={"revision": 1})
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/register.entry-state",
        )
        handed = await clerk.post(f"{address}/submit")
        assert handed.json()["state"] == "submitted"
        revision = handed.json()["revision"]
        own = await clerk.post(f"{address}/approve", json={"revision": revision})
        assert own.status_code == 403
        queue = await approver.get("/api/v1/entries", params={"stage": "submitted"})
        assert [(e["receipt"], e["own"]) for e in queue.json()] == [(1, False)]
        done = await approver.post(f"{address}/approve", json={"revision": revision})
        assert (done.status_code, done.json()) == (200, {"event_number": 2})
        log = await clerk.get("/api/v1/events", params={"after": 1})
        assert [(e["number"], e["kind"], e["delta"]) for e in log.json()] == [(2, "move-in", 1)]


async def test_errors_are_told_with_their_fields_and_nothing_is_kept(town: Town) -> None:
    app, family = town
    async with signed_in(app, CLERK, municipality=TOWN) as clerk:
        form = move_in(occurred_on="R9.1.1", previous_municipality="999999")
        answer = await clerk.post("/api/v1/entries", json={"entry_id": str(uuid4()), "form": form})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        fields = {error["field"] for error in answer.json()["errors"]}
        assert fields == {"occurred_on", "previous_municipality"}
        assert (await clerk.get("/api/v1/entries", params={"stage": "draft"})).json() == []
        kept = {"entry_id": str(uuid4()), "form": form, "keep_draft": True}
        assert (await clerk.post("/api/v1/entries", json=kept)).status_code == 201
        unknown = {"kind": "death", "resident_id": str(uuid4()), "occurred_on": "R8.11.1"}
        answer = await clerk.post(
            "/api/v1/entries", json={"entry_id": str(uuid4()), "form": unknown}
        )
        assert answer.json()["errors"][0]["code"] == "resident-missing"
        nonsense = {"entry_id": str(uuid4()), "form": {"kind": "flight"}}
        assert (await clerk.post("/api/v1/entries", json=nonsense)).status_code == 422
        amended = await clerk.put(
            f"/api/v1/entries/{kept['entry_id']}",
            json={"form": {"kind": "death", "resident_id": str(family[3].id)}},
        )
        assert amended.json()["findings"][0]["code"] == "event-date-missing"
        gone = await clerk.post(f"/api/v1/entries/{kept['entry_id']}/withdraw")
        assert gone.json()["state"] == "withdrawn"


async def test_alerts_and_returns_need_words(town: Town) -> None:
    app, family = town
    form = {"kind": "death", "resident_id": str(family[0].id), "occurred_on": "R8.11.1"}
    body = {"entry_id": str(uuid4()), "form": form}
    address = f"/api/v1/entries/{body['entry_id']}"
    async with (
        signed_in(app, CLERK, municipality=TOWN) as clerk,
        signed_in(app, APPROVER, municipality=TOWN) as approver,
    ):
        assert (await clerk.post("/api/v1/entries", json=body)).status_code == 201
        refused = await clerk.post(f"{address}/submit")
        assert refused.json()["type"] == "/problems/register.alert-needs-reason"
        changed = {"form": form, "reasons": {"head-leaves": "届出を案内した"}}
        assert (await clerk.put(address, json=changed)).status_code == 200
        assert (await clerk.post(f"{address}/submit")).status_code == 200
        back = await approver.post(f"{address}/return", json={"reason": "死亡日の確認"})
        assert back.json()["return_reason"] == "死亡日の確認"
        assert (await approver.get(address)).json()["findings"][0]["level"] == "alert"


async def test_persons_are_shown_without_numbers_unless_a_reason_is_given(town: Town) -> None:
    app, family = town
    head = family[0]
    async with signed_in(app, CLERK, municipality=TOWN) as clerk:
        found = await clerk.post(
            "/api/v1/residents/search", json={"kana": "ミホン タロー", "reason": "窓口"}
        )
        (hit,) = found.json()["hits"]
        shown = await clerk.get(f"/api/v1/residents/{hit['id']}")
        history = await clerk.get(f"/api/v1/residents/{hit['id']}/history")
        home = await clerk.get(f"/api/v1/households/{hit['household_id']}")
        assert len(home.json()["members"]) == 4
        assert [v["kind"] for v in history.json()] == ["initial"]
        assert head.my_number is not None
        for answer in (found, shown, history, home):
            assert answer.status_code == 200
            assert head.juki_code.reveal() not in answer.text
            assert head.my_number.reveal() not in answer.text
        early = await clerk.get(f"/api/v1/residents/{hit['id']}", params={"as_of": "2020-01-01"})
        assert early.status_code == 404
        silent = await clerk.post(f"/api/v1/residents/{hit['id']}/numbers", json={"reason": ""})
        assert silent.status_code == 422
        told = await clerk.post(
            f"/api/v1/residents/{hit['id']}/numbers", json={"reason": "本人の請求"}
        )
        assert told.json()["juki_code"] == head.juki_code.reveal()


async def test_a_person_of_another_town_does_not_exist_here(town: Town) -> None:
    app, family = town
    async with signed_in(app, CLERK, municipality=OTHER_TOWN) as clerk:
        assert (await clerk.get(f"/api/v1/residents/{family[0].id}")).status_code == 404
        home = await clerk.get(f"/api/v1/households/{family[0].household_id}")
        assert home.status_code == 404
        found = await clerk.post("/api/v1/residents/search", json={"kana": "ミ", "reason": "窓口"})
        assert found.json() == {"hits": [], "more": False}
        form = {"kind": "death", "resident_id": str(family[0].id), "occurred_on": "R8.11.1"}
        answer = await clerk.post("/api/v1/entries", json={"entry_id": str(uuid4()), "form": form})
        assert answer.json()["errors"][0]["code"] == "resident-missing"


async def test_nobody_without_a_role_gets_in(town: Town) -> None:
    app, _ = town
    async with browser(app) as anybody:
        assert (await anybody.get("/api/v1/entries")).status_code == 401
    async with signed_in(app, {Role.TOWN_OPERATOR}, municipality=TOWN) as operator:
        assert (await operator.get("/api/v1/entries")).status_code == 403
        assert (await operator.get("/api/v1/events")).status_code == 200


async def test_the_schema_of_the_calls_can_be_made(town: Town) -> None:
    app, _ = town
    schema = app.openapi_schema.to_schema()
    assert "/api/v1/entries/{entry_id}/approve" in schema["paths"]
