"""The story that the separate nodes play: codes, a birth, a move, a death, a look, its proof."""

import asyncio
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.jukinet.provision import service as provision
from jichitai.jukinet.provision.model import Organ, State
from jichitai.rehearsal.driver import cast
from jichitai.rehearsal.driver.townhall import TownHall
from jichitai.web.oauth.model import ASSERTION_TYPE
from jichitai.web.rights import Role
from tests.scenarios.nodes import Node, Site, start_all

A, B = "011002", "131016"
HEAD, SPOUSE, CHILD = ("見本\u3000太郎", "見本\u3000花子", "見本\u3000次郎")
ORGAN = "nenkin"
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "2026-1"})
PATIENCE = 60.0


@dataclass
class Story:
    """What happened, for the tests to look at; the nodes go on running."""

    site: Site
    numbers: dict[str, tuple[str, str]]
    answer: dict[str, Any]
    page: dict[str, Any]
    proof: Path
    key: Path
    towns: dict[str, dict[str, Any]]
    live: list[tuple[object, ...]]
    quarantined: list[tuple[str, str]]


def play(made: Site) -> Story:
    asyncio.run(_introduce(made))
    _register_program(made["nation"])
    start_all(made)
    numbers = asyncio.run(_live(made))
    made.wait_quiet()
    answer = _confirm(made, numbers[HEAD][1])
    page, proof, key = _look(made)
    towns = compare(made)
    live = made["nation"].query(
        "select municipality, name from jukinet.person where state = 'live'"
    )
    return Story(made, numbers, answer, page, proof, key, towns, live, made.quarantined())


# --- the people and bodies ------------------------------------------------------------------


async def _introduce(made: Site) -> None:
    """Staff of each town, and a public body with a program at the nation."""
    for town in (A, B):
        node = made[f"town-{town}"]
        database = await Database.open(node.dsn, size=1)
        await cast.save(database, node.tier, cast.town_staff(town))
        await database.close()
    nation = made["nation"]
    clock = SystemClock()
    database = await Database.open(nation.dsn, size=1)
    async with database.transaction() as tx:
        organ = Organ(ORGAN, "日本年金機構", frozenset({"T1-77"}), 1000, State.ACTIVE)
        await provision.register_organ(tx, organ, by=SYSTEM, clock=clock)
        await provision.register_operator(tx, ORGAN, "op-1", "担当", by=SYSTEM, clock=clock)
    await database.close()


def _register_program(nation: Node) -> None:
    jwks = nation.directory / "client.json"
    jwks.write_bytes(msgspec.json.encode({"keys": [CLIENT_KEY.as_dict(private=False)]}))
    nation.run(
        "client", "add", "nenkin-batch", str(jwks), "--organ", ORGAN, "--display", "照会",
        "--scope", "provision",
    )  # fmt: skip


# --- life at the counters -------------------------------------------------------------------


def person(name: str, kana: str, birth: str, sex: str, relation: str, **more: str) -> Any:
    return {"name": name, "kana": kana, "kana_confirmed": True, "birth_date": birth, "sex": sex,
            "relation": relation, **more}  # fmt: skip


async def _live(made: Site) -> dict[str, tuple[str, str]]:
    today = SystemClock().today()
    async with (
        TownHall(A, made[f"town-{A}"].origin, patience=PATIENCE) as hall_a,
        TownHall(B, made[f"town-{B}"].origin, patience=PATIENCE) as hall_b,
    ):
        numbers = await _arrive_and_be_born(hall_a, today)
        await _move(hall_a, hall_b, numbers, today)
        dead = await hall_b.find(SPOUSE, "1986-05-01")
        await hall_b.record(
            uuid4(), {"kind": "death", "occurred_on": today.isoformat(), "resident_id": dead}
        )
    return numbers


async def _arrive_and_be_born(hall: TownHall, today: date) -> dict[str, tuple[str, str]]:
    """A couple without codes comes from abroad; their codes are the town's first. A child."""
    await hall.record(
        uuid4(),
        {
            "kind": "move-in-abroad",
            "occurred_on": (today - timedelta(days=3)).isoformat(),
            "country": "アメリカ合衆国",
            "place": {"town": "北一条西二丁目", "lot": "1番1号"},
            "people": [
                person(HEAD, "ミホン\u3000タロウ", "1985-05-01", "1", "世帯主"),
                person(SPOUSE, "ミホン\u3000ハナコ", "1986-05-01", "2", "妻"),
            ],
        },
    )
    mother = await hall.find(SPOUSE, "1986-05-01")
    assert mother is not None
    born = (today - timedelta(days=1)).isoformat()
    await hall.record(
        uuid4(),
        {
            "kind": "birth",
            "occurred_on": born,
            "household_id": await hall.household(mother),
            "person": person(CHILD, "ミホン\u3000ジロウ", born, "1", "子"),
        },
    )
    births = {HEAD: "1985-05-01", SPOUSE: "1986-05-01", CHILD: born}
    return {name: await _numbers(hall, name, birth) for name, birth in births.items()}


async def _numbers(hall: TownHall, name: str, birth: str) -> tuple[str, str]:
    """Both numbers, once the nation has sent the 個人番号 (M11, M12)."""
    end = time.monotonic() + PATIENCE
    resident = await hall.find(name, birth)
    assert resident is not None
    while True:
        code, number = await hall.numbers(resident)
        if number:
            return code, number
        assert time.monotonic() < end, "no number came"
        await asyncio.sleep(0.1)


async def _move(
    old: TownHall, new: TownHall, numbers: dict[str, tuple[str, str]], today: date
) -> None:
    """特例: the certificate goes from town to town (M07), the arrival back (M02)."""
    born = (today - timedelta(days=1)).isoformat()
    births = {HEAD: "1985-05-01", SPOUSE: "1986-05-01", CHILD: born}
    ids = [await old.find(name, birth) for name, birth in births.items()]
    await old.record(
        uuid4(),
        {
            "kind": "move-out",
            "occurred_on": today.isoformat(),
            "resident_ids": ids,
            "destination": B,
            "destination_address": "千代田一丁目1番",
            "special": True,
        },
    )
    kana = {HEAD: "ミホン\u3000タロウ", SPOUSE: "ミホン\u3000ハナコ", CHILD: "ミホン\u3000ジロウ"}
    people = [
        person(
            name, kana[name], births[name], sex, relation,
            juki_code=numbers[name][0], my_number=numbers[name][1],
        )
        for name, sex, relation in ((HEAD, "1", "世帯主"), (SPOUSE, "2", "妻"), (CHILD, "1", "子"))
    ]  # fmt: skip
    await new.record(
        uuid4(),
        {
            "kind": "move-in",
            "occurred_on": today.isoformat(),
            "previous_municipality": A,
            "previous_address": "北一条西二丁目1番1号",
            "place": {"town": "千代田一丁目", "lot": "1番"},
            "special": True,
            "people": people,
        },
    )


# --- a public body asks, the person looks ---------------------------------------------------


def _confirm(made: Site, number: str) -> dict[str, Any]:
    nation = made["nation"]
    with nation.client() as client:
        now = int(time.time())
        claims = {
            "iss": "nenkin-batch", "sub": "nenkin-batch", "aud": f"{nation.origin}/oauth/token",
            "iat": now, "exp": now + 300, "jti": uuid4().hex,
        }  # fmt: skip
        header = {"alg": "ES256", "kid": CLIENT_KEY.kid}
        granted = client.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": jwt.encode(header, claims, CLIENT_KEY, algorithms=["ES256"]),
            },
        )
        assert granted.status_code == 200, granted.text
        answer = client.post(
            "/api/v1/provisions",
            json={"affair": "T1-77", "reason": "survival", "reference": "R-1",
                  "operator": "op-1", "number": number},
            headers={"authorization": f"Bearer {granted.json()['access_token']}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _look(made: Site) -> tuple[dict[str, Any], Path, Path]:
    nation = made["nation"]
    ((person_id,),) = nation.query(
        "select person_id from jukinet.person where name = %s and state = 'live'", HEAD
    )
    with nation.resident(UUID(str(person_id))) as client:
        page = client.get("/api/v1/me/provisions").json()
        receipt = page["provisions"][0]["receipt"]
        proof = nation.directory / "proof.json"
        proof.write_bytes(client.get(f"/api/v1/me/provisions/{receipt}/proof").content)
        key = nation.directory / "nation.pub"
        key.write_text(client.get("/api/v1/log/key").text)
    return page, proof, key


def compare(made: Site) -> dict[str, dict[str, Any]]:
    """Ask for a comparison of both towns and wait for its end."""
    nation = made["nation"]
    with nation.staff(Role.NETWORK_OPERATOR) as client:

        def lines() -> dict[str, dict[str, Any]]:
            found = client.get("/api/v1/network/towns").json()
            return {line["code"]: line for line in found if line["code"] in {A, B}}

        before = {code: line["compared_at"] for code, line in lines().items()}
        asked = client.post("/api/v1/network/digests", json={"municipalities": [A, B]})
        assert asked.status_code == 202, asked.text
        end = time.monotonic() + PATIENCE
        while True:
            towns = lines()
            if all(
                line["digest"] in {"equal", "differs"} and line["compared_at"] != before[code]
                for code, line in towns.items()
            ):
                return towns
            assert time.monotonic() < end, towns
            time.sleep(0.2)


# --- more work, for tests of faults ---------------------------------------------------------


async def move_to(hall: TownHall, lot: str) -> int:
    """The head and the child of town B move to another house; the number of the event."""
    today = SystemClock().today()
    born = (today - timedelta(days=1)).isoformat()
    people = [await hall.find(HEAD, "1985-05-01"), await hall.find(CHILD, born)]
    form = {
        "kind": "move-within",
        "occurred_on": today.isoformat(),
        "resident_ids": people,
        "place": {"town": "千代田一丁目", "lot": lot},
    }
    return await hall.record(uuid4(), form)


def move_within(story: Story, lot: str) -> int:
    """The same as a call of its own."""

    async def move() -> int:
        async with TownHall(B, story.site[f"town-{B}"].origin, patience=PATIENCE) as hall:
            return await move_to(hall, lot)

    return asyncio.run(move())
