"""指標の状況: the same figures by time and place, inside and in public, as known on a day."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from litestar import Litestar

from jichitai.evaluation.dashboard.model import (
    Seen,
    Sight,
    Told,
    by_class,
    by_prefecture,
    group,
    like,
    of_class,
    percent_text,
    told_openly,
)
from jichitai.evaluation.dashboard.queries import moment
from jichitai.infra.keys import Keys
from jichitai.kernel.bodies import all_bodies, body
from jichitai.standardisation.progress.model import BodyClass, body_class
from tests.conftest import Cluster
from tests.evaluation.dashboard_world import WRITER, ministry
from tests.web.client import browser, signed_in

OPEN, INSIDE = "/open-data/evaluation", "/evaluation/dashboard"


def seen(sight: Sight = Sight.POLICIES, *told: tuple[str, int | None]) -> Seen:
    known = dict(told)
    return Seen(
        sight=sight,
        bodies=tuple(Told(body=one, part=known.get(one.code), whole=1) for one in all_bodies()),
        source="試験",
        as_of=date(2026, 11, 20),
    )


def test_bodies_without_an_answer_stay_in_the_denominator_but_a_silent_group_has_no_rate() -> None:
    found = by_prefecture(seen(Sight.POLICIES, ("011002", 1), ("012025", 0)))
    hokkaido, aomori = found[0], found[1]
    assert (hokkaido.part, hokkaido.whole, hokkaido.silent) == (1, 180, 178)
    assert hokkaido.text == "0.6 %"
    assert (aomori.percent, aomori.text, aomori.share) == (None, "", "—")


def test_classes_hold_every_body_once() -> None:
    found = by_class(seen())
    assert sum(one.bodies for one in found) == 1788
    assert [one.name for one in found][:2] == ["都道府県", "指定都市"]


def test_what_is_short_of_all_is_not_rounded_up_to_it() -> None:
    nearly = seen(Sight.POLICIES, *((one.code, int(one.code != "011002")) for one in all_bodies()))
    whole = group("", "全国", nearly.bodies)
    assert (whole.part, whole.text) == (1787, "99.9 %")
    assert percent_text(Decimal(100)) == "100.0 %"


def test_in_public_a_draft_and_silence_look_alike_once_anybody_reported() -> None:
    quiet, told = seen(), seen(Sight.POLICIES, ("011002", 1), ("012025", 0))
    assert told_openly(quiet) == quiet
    openly = {one.body.code: one.part for one in told_openly(told).bodies}
    assert (openly["011002"], openly["012025"], openly["020001"]) == (1, 0, 0)


def test_bodies_alike_are_of_the_same_class_and_nearest_in_size() -> None:
    own = body("012033")
    found = like(own, all_bodies())
    assert len(found) == 21
    assert own in found
    assert {body_class(one) for one in found} == {body_class(own)}
    assert [one.population for one in found] == sorted(
        (one.population for one in found), reverse=True
    )


def test_silence_has_the_word_of_its_own_system() -> None:
    assert (Sight.STEPS.silence, Sight.POLICIES.silence) == ("回答なし", "報告なし")
    assert of_class(seen(), BodyClass.DESIGNATED_CITY).bodies[0].body.code == "011002"
    assert len(of_class(seen(), None).bodies) == 1788


def test_an_earlier_day_ends_at_midnight_in_japan_and_a_later_one_is_now() -> None:
    now = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert moment(date(2027, 1, 1), now).known_at == now
    earlier = moment(date(2026, 3, 31), now)
    assert earlier.on == date(2026, 3, 31)
    assert earlier.known_at.astimezone(UTC).isoformat() == "2026-03-31T14:59:59.999999+00:00"


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    async with ministry(cluster18, keys) as made:
        yield made


async def test_a_public_reader_goes_from_the_country_to_one_body(app: Litestar) -> None:
    async with browser(app, html=True) as client:
        home = (await client.get(OPEN)).text
        country = (await client.get(f"{OPEN}/P8-3-05")).text
        area = (await client.get(f"{OPEN}/P8-3-05/prefectures/01")).text
        one = (await client.get(f"{OPEN}/bodies/011002")).text
        alike = (await client.get(f"{OPEN}/bodies/011002/like")).text
    assert f'href="{OPEN}/P8-3-05"' in home
    assert "—（未公表）" in home
    assert "52.3\u00a0%（935／1,788団体）" in country
    assert country.count(f'{OPEN}/P8-3-05/prefectures/01"') == 2  # on the map and in the table
    assert f'href="{OPEN}/bodies/011002"' in area
    assert "18システム" in one
    assert "連絡先" not in one
    assert "似た規模の団体と比べる" in one
    assert "別の物差し" in alike


async def test_the_drill_of_policies_ends_at_the_reports_and_hides_drafts_in_public(
    app: Litestar,
) -> None:
    async with browser(app, html=True) as reader:
        country = (await reader.get(f"{OPEN}/P8-4-04")).text
        wards = (await reader.get(f"{OPEN}/P8-4-04/prefectures/13")).text
        drafted = (await reader.get(f"{OPEN}/bodies/131032")).text
        published = (await reader.get(f"{OPEN}/bodies/131016")).text
    async with signed_in(app, WRITER, html=True) as client:
        inside = (await client.get(f"{INSIDE}/P8-4-04/prefectures/13")).text
        evidence = (await client.get(f"{INSIDE}/bodies/131032")).text
    assert "0.1\u00a0%（2／1,788団体）" in country
    assert "報告なし</span></td>" not in wards
    assert "報告なし</span></td>" in inside
    assert "作成中" not in drafted
    assert "策定の報告はまだありません" in drafted
    assert "https://example.lg.jp/policies/131016" in published
    assert "作成中" in evidence
    assert "報告（第1版" in evidence


async def test_the_map_can_be_narrowed_to_a_class_of_bodies(app: Litestar) -> None:
    async with browser(app, html=True) as client:
        narrowed = (await client.get(f"{OPEN}/P8-3-05?kind=中核市")).text
        everything = (await client.get(f"{OPEN}/P8-3-05?kind=nothing")).text
    assert "全国の中核市の特定移行支援システムのある団体の率は93.5\u00a0%（58／62団体）" in narrowed
    assert "（935／1,788団体）" in everything


async def test_the_files_say_what_the_page_says(app: Litestar) -> None:
    async with browser(app) as client:
        places = (await client.get(f"{OPEN}/P8-3-05/places.json")).json()
        table = (await client.get(f"{OPEN}/P8-3-05/places.csv")).content.decode("utf-8-sig")
        every = (await client.get(f"{OPEN}/indicators.json")).json()
    late = [row for row in places["items"] if row["part"]]
    assert (len(late), sum(row["late_systems"] for row in late)) == (935, 8956)
    assert sum(row["part"] == "1" for row in csv.DictReader(io.StringIO(table))) == 935
    assert {"P8-4-01", "P8-3-01"} <= {row["indicator"] for row in every["items"]}


async def test_a_corrected_value_shows_both_editions_and_why(app: Litestar) -> None:
    async with browser(app, html=True) as client:
        now = (await client.get(f"{OPEN}/P8-4-C3")).text
        then = (await client.get(f"{OPEN}/P8-4-C3?as_of=2024-04-25")).text
    assert "<del>1,431団体</del>" in now
    assert "1,383団体" in now
    assert "差し替え前（理由：" in now
    assert "1,383" not in then


async def test_a_figure_of_the_country_alone_has_no_places(app: Litestar) -> None:
    async with browser(app) as client:
        answers = [
            (await client.get(f"{OPEN}/{path}")).status_code
            for path in (
                "P8-2-01/places.json",
                "P8-2-01/prefectures/01",
                "P8-4-05/prefectures/01",
                "P8-3-01/prefectures/99",
                "bodies/999999",
                "P0-0-00",
            )
        ]
        wrong = await client.get(f"{OPEN}?as_of=いつか")
    assert answers == [404] * 6
    assert wrong.status_code == 422


async def test_inside_the_officer_sees_what_to_do_and_the_reports(app: Litestar) -> None:
    async with signed_in(app, WRITER, html=True) as client:
        home = (await client.get("/evaluation")).text
        one = (await client.get(f"{INSIDE}/bodies/011002")).text
        found = (await client.get("/api/v1/evaluation/dashboard")).json()
        places = (await client.get("/api/v1/evaluation/dashboard/P8-3-01/places")).json()
    assert "いますること" in home
    assert "秋のレビューに対応する" in home
    assert "期限後の実績を入れる：標準準拠システムへの移行率" in home
    assert "/security/bodies/011002" in one
    by_id = {row["indicator"]: row for row in found}
    assert by_id["P8-4-04"]["standing"] == "no-value"
    assert by_id["P8-3-01"]["by_place"]
    assert len(places["prefectures"]) == 47
    async with browser(app) as stranger:
        assert (await stranger.get("/api/v1/evaluation/dashboard")).status_code == 401
