"""OSCAL documents: judged by compliance-trestle, by our own checks, and read back."""

import copy
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jichitai.security.guideline import builtin
from jichitai.security.guideline.model import NetworkModel
from jichitai.security.oscal import bundle
from jichitai.security.oscal.assessment import assessment_results
from jichitai.security.oscal.catalog import catalog, law_catalog
from jichitai.security.oscal.checks import (
    Defect,
    Files,
    Problem,
    control_ids,
    kind_of,
    problems,
    problems_of,
)
from jichitai.security.oscal.errors import EmptyOscalError, UnreadableOscalError
from jichitai.security.oscal.model import Implementation, Method, RiskState, Sort
from jichitai.security.oscal.parts import Node, oscal_uuid, parsed_uuid, to_bytes
from jichitai.security.oscal.plan import security_plan as ssp
from jichitai.security.oscal.poam import action_plan as poam
from jichitai.security.oscal.profile import profile_name
from jichitai.security.oscal.reading import LARGEST, read_poam, read_results, read_ssp
from tests.security.oscal_builders import (
    ROUND,
    SYSTEMS,
    action_plan,
    assessment,
    judged,
    security_plan,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NEWEST = builtin.newest()
CATALOG = "guideline-R8.3.catalog.json"
ALPHA = profile_name("R8.3", NetworkModel.ALPHA)
MAPPING = "guideline-R8.3.mapping.json"
COMPONENT = "jichitai-R8.3.component-definition.json"
SSP = "body-011002.ssp.json"
AP = "body-011002.2026-self-check-6a1c86c0.ap.json"
AR = "body-011002.2026-self-check-6a1c86c0.ar.json"
POAM = "body-011002.poam.json"


@pytest.fixture(scope="module")
def made() -> Files:
    """Every document that we export."""
    return bundle.guideline_files(NEWEST) | bundle.body_files(
        security_plan(), [assessment()], action_plan()
    )


@pytest.fixture
def files(made: Files) -> dict[str, Node]:
    """The same, to be spoilt."""
    return dict(made)


def spoilt(files: dict[str, Node], name: str) -> Node:
    """A document's root, free to be changed."""
    files[name] = copy.deepcopy(files[name])
    kind = kind_of(files[name])
    assert kind is not None
    root: Node = files[name][kind]
    return root


def test_every_document_has_a_form_that_trestle_accepts(made: Files) -> None:
    for document in made.values():
        judged(document)
    assert {kind_of(document) for document in made.values()} == {
        "catalog",
        "profile",
        "mapping-collection",
        "component-definition",
        "system-security-plan",
        "assessment-plan",
        "assessment-results",
        "plan-of-action-and-milestones",
    }


def test_our_own_checks_find_nothing(made: Files) -> None:
    assert problems_of(made) == ()


@pytest.mark.parametrize("version", builtin.versions())
def test_every_version_makes_good_documents(version: str) -> None:
    found = bundle.guideline_files(builtin.catalogue(version))
    assert problems_of(found) == ()
    judged(found[f"guideline-{version}.catalog.json"])
    judged(found[f"guideline-{version}.mapping.json"])


def test_the_same_content_gives_the_same_bytes(made: Files) -> None:
    again = bundle.guideline_files(NEWEST)
    for name, document in again.items():
        assert to_bytes(document) == to_bytes(made[name])


@pytest.fixture
def folder(made: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All documents in one folder, which is the working directory."""
    (tmp_path / ".trestle").mkdir()
    for name, document in made.items():
        (tmp_path / name).write_bytes(to_bytes(document))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plan_is_valid_together_with_the_profile_that_it_imports(
    made: Files, folder: Path
) -> None:
    judged(made[SSP], folder)


@pytest.fixture
def resolve(folder: Path) -> Callable[[str], dict[str, Any]]:
    """Resolve a profile of the folder by trestle."""
    resolver = importlib.import_module("trestle.core.profile_resolver").ProfileResolver
    values = importlib.import_module("trestle.core.control_interface").ParameterRep(3)

    def run(name: str) -> dict[str, Any]:
        found = resolver.get_resolved_profile_catalog(folder, folder / name, param_rep=values)
        resolved: dict[str, Any] = json.loads(found.oscal_serialize_json())
        return resolved

    return run


@pytest.mark.parametrize("model", list(NetworkModel))
def test_every_profile_resolves_to_the_controls_of_its_model(
    made: Files, resolve: Callable[[str], dict[str, Any]], model: NetworkModel
) -> None:
    name = profile_name("R8.3", model)
    resolved = resolve(name)
    expected = {item.oscal_id for item in NEWEST.items_for(model, cloud=True)}
    assert {one["id"] for one in _controls(resolved)} == expected
    assert set(control_ids(made[name], made) or ()) == expected
    assert "insert: param" not in json.dumps(resolved)


def test_trestle_refuses_to_resolve_a_profile_without_its_controls_or_catalogue(
    files: dict[str, Node], folder: Path, resolve: Callable[[str], dict[str, Any]]
) -> None:
    policy = profile_name("R8.3", None)
    for name, spoil, told in (
        (ALPHA, missing_control, "gl-missing"),
        (policy, missing_catalog, "nowhere"),
    ):
        spoil(spoilt(files, name))
        (folder / name).write_bytes(to_bytes(files[name]))
        with pytest.raises(Exception, match=told):
            resolve(name)


def test_the_command_of_trestle_resolves_a_profile(made: Files, tmp_path: Path) -> None:
    (tmp_path / ".trestle").mkdir()
    for folder in ("catalogs", "profiles/policy"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / CATALOG).write_bytes(to_bytes(made[CATALOG]))
    policy = made[profile_name("R8.3", None)]
    (tmp_path / "profiles/policy/profile.json").write_bytes(to_bytes(policy))
    program = Path(sys.executable).with_name("trestle")
    done = subprocess.run(
        [program, "author", "profile-resolve", "-n", "policy", "-o", "resolved"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    resolved = json.loads((tmp_path / "catalogs/resolved/catalog.json").read_text())
    assert len(list(_controls(resolved))) == 10


def _controls(node: Any) -> Any:
    if isinstance(node, dict):
        yield from node.get("controls", ())
        for value in node.values():
            yield from _controls(value)
    elif isinstance(node, list):
        for value in node:
            yield from _controls(value)


def _controls_of(root: Node) -> list[Node]:
    found: list[Node] = list(_controls(root))
    return found


def twice_a_control(root: Node) -> str:
    controls = _controls_of(root)
    controls[1]["id"] = controls[0]["id"]
    return str(controls[0]["id"])


def missing_parameter(root: Node) -> str:
    _controls_of(root)[0]["parts"][0]["prose"] += " {{ insert: param, gl-none_prm_1 }}"
    return "gl-none_prm_1"


def missing_anchor(root: Node) -> str:
    _controls_of(root)[0]["links"][0]["href"] = "#gl-nowhere"
    return "#gl-nowhere"


def other_version(root: Node) -> str:
    root["metadata"]["oscal-version"] = "9.9.9"
    return "9.9.9"


def _spoil_import(field: str) -> Callable[[Node], str]:
    def spoil(root: Node) -> str:
        root[field]["href"] = "nowhere.json"
        return "nowhere.json"

    return spoil


def missing_catalog(root: Node) -> str:
    root["imports"][0]["href"] = "nowhere.json"
    return "nowhere.json"


def missing_control(root: Node) -> str:
    root["imports"][0]["include-controls"][0]["with-ids"].append("gl-missing")
    return "gl-missing"


def unknown_setting(root: Node) -> str:
    root["modify"]["set-parameters"][0]["param-id"] = "gl-none"
    return "gl-none"


def unknown_source(root: Node) -> str:
    root["mappings"][0]["maps"][0]["sources"][0]["id-ref"] = "gl-missing"
    return "gl-missing"


def unknown_target(root: Node) -> str:
    root["mappings"][0]["maps"][0]["targets"][0]["id-ref"] = "law-none"
    return "law-none"


def missing_mapped_catalog(root: Node) -> str:
    root["mappings"][0]["target-resource"]["href"] = "nowhere.json"
    return "nowhere.json"


def outside_the_profile(root: Node) -> str:
    # an item of the α´ model, which the α profile does not choose
    root["control-implementation"]["implemented-requirements"][0]["control-id"] = "gl-p2-2-3.2.3"
    return "gl-p2-2-3.2.3"


def missing_component(root: Node) -> str:
    lost = str(uuid4())
    requirement = root["control-implementation"]["implemented-requirements"][0]
    requirement["by-components"][0]["component-uuid"] = lost
    return lost


def missing_observation(root: Node) -> str:
    lost = str(uuid4())
    finding = root["results"][0]["findings"][0]
    finding["related-observations"][0]["observation-uuid"] = lost
    return lost


def missing_subject(root: Node) -> str:
    lost = str(uuid4())
    root["results"][0]["observations"][0]["subjects"][0]["subject-uuid"] = lost
    return lost


def missing_risk(root: Node) -> str:
    lost = str(uuid4())
    root["poam-items"][0]["related-risks"][0]["risk-uuid"] = lost
    return lost


def missing_party(root: Node) -> str:
    lost = str(uuid4())
    root["metadata"]["responsible-parties"][0]["party-uuids"] = [lost]
    return lost


def unknown_own_control(root: Node) -> str:
    implementation = root["components"][0]["control-implementations"][0]
    implementation["implemented-requirements"][0]["control-id"] = "gl-missing"
    return "gl-missing"


def unknown_own_source(root: Node) -> str:
    root["components"][0]["control-implementations"][0]["source"] = "nowhere.json"
    return "nowhere.json"


@pytest.mark.parametrize(
    ("name", "spoil", "defect"),
    [
        (CATALOG, twice_a_control, Defect.TWICE),
        (CATALOG, missing_parameter, Defect.PARAMETER),
        (CATALOG, missing_anchor, Defect.LINK),
        (CATALOG, other_version, Defect.VERSION),
        (ALPHA, missing_catalog, Defect.IMPORT),
        (ALPHA, missing_control, Defect.CONTROL),
        (ALPHA, unknown_setting, Defect.PARAMETER),
        (MAPPING, unknown_source, Defect.CONTROL),
        (MAPPING, unknown_target, Defect.CONTROL),
        (MAPPING, missing_mapped_catalog, Defect.IMPORT),
        (COMPONENT, unknown_own_control, Defect.CONTROL),
        (COMPONENT, unknown_own_source, Defect.IMPORT),
        (SSP, _spoil_import("import-profile"), Defect.IMPORT),
        (SSP, outside_the_profile, Defect.CONTROL),
        (SSP, missing_component, Defect.REFERENCE),
        (SSP, missing_party, Defect.REFERENCE),
        (AP, _spoil_import("import-ssp"), Defect.IMPORT),
        (AR, _spoil_import("import-ap"), Defect.IMPORT),
        (AR, missing_observation, Defect.REFERENCE),
        (AR, missing_subject, Defect.REFERENCE),
        (POAM, _spoil_import("import-ssp"), Defect.IMPORT),
        (POAM, missing_risk, Defect.REFERENCE),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_planted_error_that_trestle_accepts_is_caught(
    files: dict[str, Node], name: str, spoil: Callable[[Node], str], defect: Defect
) -> None:
    subject = spoil(spoilt(files, name))
    judged(files[name])  # its form is still good
    assert Problem(name, defect, subject) in problems_of(files)


def bad_uuid(root: Node) -> None:
    root["uuid"] = "1"


def no_title(root: Node) -> None:
    del root["metadata"]["title"]


def unknown_field(root: Node) -> None:
    root["colour"] = "blue"


def bad_id(root: Node) -> None:
    _controls_of(root)[0]["id"] = "gl 1"


def day_without_time(root: Node) -> None:
    root["metadata"]["last-modified"] = "2026-11-20"


def time_without_zone(root: Node) -> None:
    root["metadata"]["last-modified"] = "2026-11-20T10:00:00"


@pytest.mark.parametrize(
    "spoil", [bad_uuid, no_title, unknown_field, bad_id, day_without_time, time_without_zone]
)
def test_an_error_of_form_is_caught_by_trestle(
    files: dict[str, Node], spoil: Callable[[Node], None]
) -> None:
    spoil(spoilt(files, CATALOG))
    with pytest.raises(ValueError, match="validation error"):
        judged(files[CATALOG])


def test_a_uuid_used_twice_is_caught(files: dict[str, Node]) -> None:
    root = spoilt(files, POAM)
    root["poam-items"][1]["uuid"] = root["poam-items"][0]["uuid"]
    (found,) = problems(files[POAM], POAM)
    assert found.defect is Defect.TWICE
    assert "識別子が重なっている" in str(found)
    with pytest.raises(AssertionError, match="uplicate"):
        judged(files[POAM])


def test_what_is_no_oscal_document_is_named() -> None:
    assert [one.defect for one in problems({"thing": {}})] == [Defect.KIND]
    assert kind_of({}) is None
    assert control_ids({"thing": {}}, {}) is None


def test_a_profile_that_takes_all_but_some_is_resolved(files: dict[str, Node]) -> None:
    root = spoilt(files, ALPHA)
    gone = NEWEST.items[0].oscal_id
    root["imports"] = [
        {"href": f"./{CATALOG}", "include-all": {}, "exclude-controls": [{"with-ids": [gone]}]}
    ]
    found = control_ids(files[ALPHA], files)
    assert found is not None
    assert len(found) == 200
    assert gone not in found
    root["imports"] = [{"href": ALPHA, "include-all": {}}]  # itself
    assert control_ids(files[ALPHA], files) is None


def test_a_plan_comes_back_as_it_was() -> None:
    found = read_ssp(to_bytes(ssp(security_plan())))
    assert found.statements == security_plan().statements
    assert found.systems == SYSTEMS
    assert found.faults == ()
    assert (found.about.body_code, found.about.guideline_version) == ("011002", "R8.3")


def test_a_round_comes_back_as_it_was() -> None:
    found = read_results(to_bytes(assessment_results(assessment())))
    (back,) = found.rounds
    assert back.answers == assessment().answers
    assert back.control_ids == assessment().control_ids
    assert (back.sort, back.fiscal_year, back.round_id) == (Sort.SELF_CHECK, 2026, ROUND)
    assert (back.started_at, back.ended_at) == (assessment().started_at, assessment().ended_at)
    assert found.faults == ()


def test_corrections_come_back_as_they_were() -> None:
    found = read_poam(to_bytes(poam(action_plan())))
    assert found.corrections == action_plan().corrections
    assert found.faults == ()


def test_empty_documents_are_refused_because_oscal_has_none() -> None:
    with pytest.raises(EmptyOscalError, match="SSP"):
        ssp(security_plan(statements=()))
    with pytest.raises(EmptyOscalError, match="POA&M"):
        poam(action_plan(corrections=()))
    with pytest.raises(EmptyOscalError, match="点検する項目"):
        assessment_results(assessment(control_ids=(), answers=()))
    assert bundle.body_files(security_plan(statements=()), [], action_plan(corrections=())) == {}


def test_an_unfinished_round_without_answers_is_written() -> None:
    open_round = assessment(answers=(), ended_at=None)
    found = bundle.body_files(None, [open_round], None)
    for document in found.values():
        judged(document)
    (back,) = read_results(to_bytes(found[AR])).rounds
    assert back.ended_at is None
    assert back.answers == ()


def test_a_plan_without_ratings_and_with_dirty_text_is_good() -> None:
    bare = replace(SYSTEMS[1], title="電子\nメール\x00  ", key="mail")
    plan = security_plan(systems=(SYSTEMS[0], bare))
    document = ssp(plan)
    judged(document)
    assert read_ssp(to_bytes(document)).systems[1].title == "電子 メール"
    unrated = ssp(security_plan(systems=(), statements=security_plan().statements[:1]))
    judged(unrated)


@pytest.mark.parametrize("read", [read_ssp, read_results, read_poam])
@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"catalog": {}}', b"\xff\xfe", b"[" * 5_000, b"x" * (LARGEST + 1)]
)
def test_what_cannot_be_read_is_refused_in_words(
    read: Callable[[bytes], object], data: bytes
) -> None:
    with pytest.raises(UnreadableOscalError, match=r"ください。"):
        read(data)


def test_faulty_entries_are_told_and_the_others_taken() -> None:
    document = ssp(security_plan())
    requirements = document["system-security-plan"]["control-implementation"][
        "implemented-requirements"
    ]
    requirements[0]["by-components"][0]["implementation-status"]["state"] = "maybe"
    requirements[1]["by-components"][0]["component-uuid"] = str(uuid4())
    del requirements[1]["by-components"][1]["implementation-status"]
    found = read_ssp(to_bytes(document))
    assert found.statements == ()
    assert [one.where for one in found.faults] == [
        "implemented-requirements[0].by-components[0]",
        "implemented-requirements[1].by-components[0]",
        "implemented-requirements[1].by-components[1]",
    ]
    assert "maybe" in found.faults[0].why

    results = assessment_results(assessment())["assessment-results"]
    first, second = results["results"][0]["findings"]
    first["related-observations"] = []
    second["target"]["implementation-status"]["state"] = "maybe"
    told = read_results(to_bytes({"assessment-results": results}))
    assert [one.where for one in told.faults] == [
        "results[0].findings[0]",
        "results[0].findings[1]",
    ]

    plan = poam(action_plan())
    plan["plan-of-action-and-milestones"]["risks"][0]["status"] = "sleeping"
    corrections = read_poam(to_bytes(plan))
    assert len(corrections.corrections) == 1
    assert "sleeping" in corrections.faults[0].why


def test_results_of_another_tool_are_read() -> None:
    document = assessment_results(assessment())
    root = document["assessment-results"]
    result = root["results"][0]
    del result["props"], result["local-definitions"]
    for finding in result["findings"]:
        del finding["target"]["implementation-status"]
    for observation in result["observations"]:
        observation.pop("props")
        observation["methods"] = ["SMELL"]
        for evidence in observation.get("relevant-evidence", ()):
            evidence.pop("props")
            evidence["href"] = "https://example.jp/e.pdf"
    found = read_results(to_bytes(document))
    (back,) = found.rounds
    assert back.sort is None
    assert back.fiscal_year is None
    assert [one.control_id for one in back.answers] == ["gl-p2-2-1.1", "gl-p2-2-6.1.2"]
    assert [one.state for one in back.answers] == [
        Implementation.IMPLEMENTED,
        Implementation.PLANNED,
    ]
    assert back.answers[0].method is Method.UNKNOWN
    assert back.answers[0].evidence[0].href == "https://example.jp/e.pdf"


def test_a_poam_of_another_tool_is_read() -> None:
    root = {
        "metadata": {
            "title": "x",
            "oscal-version": "1.1.2",
            "last-modified": "2026-11-20T10:00:00+09:00",
            "version": "1",
        },
        "poam-items": [{"title": "直す", "description": "壊れている"}],
    }
    (one,) = read_poam(to_bytes({"plan-of-action-and-milestones": root})).corrections
    assert one.state is RiskState.OPEN
    assert one.opened_on.isoformat() == "2026-11-20"
    assert one.control_ids == ()


def test_an_id_of_another_kind_is_derived() -> None:
    ours = UUID("0198e0a4-7a62-7a75-9d2c-bf4f6b8f2f10")  # version 7, which OSCAL does not take
    assert parsed_uuid(oscal_uuid(ours, "finding")) != ours
    assert oscal_uuid(ours, "finding") == oscal_uuid(ours, "finding")


def test_words_are_there_for_every_state() -> None:
    for one in (*Implementation, *RiskState, *Sort, *Defect):
        assert one.japanese
    assert all(
        one.satisfied is (one.state is not Implementation.PARTIAL) for one in assessment().answers
    )


def test_the_law_stands_beside_the_guideline() -> None:
    found = law_catalog()["catalog"]
    assert [one["id"] for one in found["controls"]][:2] == ["law-244-6.1", "law-16-3.1"]
    assert len(found["controls"]) == 9
    text = to_bytes(catalog(NEWEST)).decode()
    assert "非公式" in text
