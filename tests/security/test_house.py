"""Our own house: the bill of materials is valid, complete and repeatable."""

import ast
import json
from importlib.metadata import requires
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from jichitai.security.guideline import builtin
from jichitai.security.house.bill import bill_of_materials
from jichitai.security.house.controls import OwnControl, own_controls

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize("control", own_controls(), ids=lambda one: one.item)
def test_a_control_names_an_item_and_a_test_that_exist(control: OwnControl) -> None:
    assert control.item in {item.id for item in builtin.newest().items}
    file, _, name = control.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in tree.body if isinstance(node, kinds)}
    assert name in names if name else any(found.startswith("test_") for found in names)


def test_no_item_is_claimed_twice() -> None:
    items = [one.item for one in own_controls()]
    assert len(items) == len(set(items))
