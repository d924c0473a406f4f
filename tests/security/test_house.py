"""Our own house: the bill of materials is valid, complete and repeatable."""

import json
from importlib.metadata import requires

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from jichitai.security.house.bill import bill_of_materials


@pytest.fixture(scope="module")
def text() -> str:
    return bill_of_materials()


def test_the_bill_is_valid_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_need_of_the_project_stands_in_it(text: str) -> None:
    bill = json.loads(text)
    names = {one["name"] for one in bill["components"]}
    plain = [line for line in requires("jichitai") or [] if "extra ==" not in line]
    needed = {line.split(">")[0].split("<")[0].split("[")[0].split("=")[0] for line in plain}
    assert {name.lower().replace("_", "-") for name in needed} <= names
    assert bill["metadata"]["component"]["name"] == "jichitai"


def test_it_tells_who_needs_whom_and_under_which_licence(text: str) -> None:
    bill = json.loads(text)
    refs = {one["bom-ref"] for one in bill["components"]}
    tree = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert all(set(needs) <= refs for needs in tree.values())
    without = [one["name"] for one in bill["components"] if not one.get("licenses")]
    assert len(without) <= 5, without


def test_the_same_installation_gives_the_same_bill(text: str) -> None:
    assert bill_of_materials() == text
