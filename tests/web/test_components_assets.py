"""The built files are what the sources say, and the colours are readable."""

import gzip
import json
import re
from pathlib import Path

import pytest

from jichitai.web.rendering import STATIC_DIR, manifest
from scripts import build_assets
from tests.conftest import demanded

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "src").rglob("templates/**/*.html"))

ON_WHITE_AND_GREY = [
    ("primitive-blue-900", 4.5, 4.5),
    ("primitive-blue-1000", 4.5, 4.5),
    ("primitive-blue-1200", 4.5, 4.5),
    ("primitive-magenta-900", 4.5, 4.5),
    ("primitive-orange-800", 4.5, 3),
    ("neutral-solid-gray-800", 4.5, 4.5),
    ("neutral-solid-gray-900", 4.5, 4.5),
    ("neutral-solid-gray-600", 4.5, 4.5),
    ("neutral-solid-gray-420", 3, 0),
    ("neutral-solid-gray-536", 4.5, 3),
    ("primitive-green-600", 3, 3),
    ("primitive-green-800", 4.5, 4.5),
    ("primitive-red-800", 4.5, 3),
    ("primitive-red-900", 4.5, 4.5),
    ("primitive-yellow-700", 3, 0),
    ("primitive-yellow-900", 4.5, 3),
]
CHIPS = [
    ("neutral-solid-gray-800", "neutral-solid-gray-50"),
    ("primitive-blue-800", "primitive-blue-50"),
    ("primitive-green-900", "primitive-green-50"),
    ("primitive-yellow-1100", "primitive-yellow-50"),
    ("primitive-orange-1000", "primitive-orange-50"),
    ("primitive-red-1000", "primitive-red-50"),
    ("primitive-purple-800", "primitive-purple-50"),
    ("neutral-solid-gray-600", "primitive-yellow-100"),
    ("neutral-solid-gray-900", "primitive-blue-100"),
    ("neutral-solid-gray-800", "primitive-blue-50"),
    ("neutral-black", "primitive-yellow-300"),
]


def css() -> str:
    return (STATIC_DIR / manifest()["jc.css"]).read_text(encoding="utf-8")


def tokens() -> dict[str, str]:
    """Every colour; the built file leaves unused ones out, the package has them all."""
    source = ROOT / "assets" / build_assets.TOKENS
    text = source.read_text(encoding="utf-8") if source.exists() else css().replace("{", "{\n")
    return dict(re.findall(r"--color-([\w-]+):\s*(#[0-9a-f]{6})", text))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "white", "grey"), ON_WHITE_AND_GREY)
def test_a_colour_is_readable_on_its_grounds(name: str, white: float, grey: float) -> None:
    if (colour := tokens().get(name)) is None:
        pytest.skip("not used, and the token package is not unpacked")
    assert contrast(colour, "#ffffff") >= white
    assert contrast(colour, "#f2f2f2") >= grey


@pytest.mark.parametrize(("text", "ground"), CHIPS)
def test_a_chip_is_readable(text: str, ground: str) -> None:
    assert contrast(tokens()[text], tokens()[ground]) >= 4.5


def test_the_committed_files_hold_our_sources() -> None:
    script = (STATIC_DIR / manifest()["jc.js"]).read_text(encoding="utf-8")
    icons = (STATIC_DIR / manifest()["icons.svg"]).read_text(encoding="utf-8")
    assert css().endswith(build_assets.own_css() + "\n")
    assert script.endswith(build_assets.own_js() + "\n")
    assert icons == build_assets.sprite()


def test_names_follow_contents() -> None:
    for plain, built in manifest().items():
        content = (STATIC_DIR / built).read_text(encoding="utf-8")
        stem, _, suffix = plain.rpartition(".")
        assert built == build_assets.named(stem, suffix, content)
    assert {file.name for file in STATIC_DIR.iterdir()} == {*manifest().values(), "manifest.json"}


def test_the_whole_build_is_the_committed_one() -> None:
    if not (ROOT / "assets" / build_assets.TOKENS).exists() and not demanded("npm"):
        pytest.skip("needs `npm ci --ignore-scripts` in assets/")
    for name, content in build_assets.build().items():
        assert (STATIC_DIR / name).read_text(encoding="utf-8") == content


def test_versions_are_pinned() -> None:
    package = json.loads((ROOT / "assets" / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_files_are_light() -> None:
    def packed(name: str) -> int:
        return len(gzip.compress((STATIC_DIR / manifest()[name]).read_bytes()))

    assert packed("jc.css") < 20_000
    assert packed("jc.js") < 35_000


def test_no_text_stands_in_the_style_sheet_or_script() -> None:
    kana = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    for source in (build_assets.own_css(), build_assets.own_js()):
        assert kana.findall(source) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_style_or_script(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|<script(?! src=)|javascript:", text) == []
    assert 'type="date"' not in text
    assert "http-equiv" not in text
