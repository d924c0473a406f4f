"""Maps are complete, light, and hold nothing that the policy forbids."""

import gzip
import re

import pytest

from jichitai.kernel.municipalities import in_prefecture, municipalities, prefectures
from jichitai.web.maps import Fill, map_svg


def packed(svg: str) -> int:
    return len(gzip.compress(svg.encode()))


def test_every_prefecture_is_a_link_outside_the_tab_order() -> None:
    links = {one.prefecture_code: f"/p/{one.prefecture_code}" for one in prefectures()}
    svg = map_svg({}, links=links)
    assert set(re.findall(r'<a href="/p/(\d\d)" tabindex="-1"', svg)) == set(links)
    assert packed(svg) < 12_000


def test_the_country_has_every_municipality_and_not_the_northern_villages() -> None:
    links = {str(one.code): f"/t/{one.code}" for one in municipalities()}
    svg = map_svg({}, links=links, towns=True)
    assert set(re.findall(r'data-code="(\d{6})"', svg)) == set(links)
    assert svg.count("<a ") == 1741
    assert packed(svg) < 60_000


@pytest.mark.parametrize("prefecture", [one.prefecture_code for one in prefectures()])
def test_a_prefecture_shows_all_its_towns(prefecture: str) -> None:
    links = {str(one.code): f"/t/{one.code}" for one in in_prefecture(prefecture)}
    svg = map_svg({}, links=links, prefecture=prefecture)
    assert set(re.findall(r'data-code="(\d{6})"', svg)) == set(links)
    assert packed(svg) < 24_000
    assert not re.findall(r"NaN|inf|style=", svg)


def test_no_answer_is_hatched_by_an_attribute_and_a_value_has_a_class() -> None:
    fills: dict[str, Fill] = {"01": "3"}
    svg = map_svg(fills)
    assert svg.count('fill="url(#hatch-country)"') >= 46
    assert svg.count('class="f-3"') == 1
    assert '<pattern id="hatch-country"' in svg


def test_a_town_too_small_to_see_is_a_dot() -> None:
    assert "<circle" in map_svg({}, towns=True)
    assert map_svg({}, prefecture="13").count("<circle") >= 8


def test_a_link_is_escaped() -> None:
    assert '"><x' not in map_svg({}, links={"01": '"><x'})
