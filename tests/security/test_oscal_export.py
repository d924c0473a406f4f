"""Everything of a body as OSCAL: from nothing, from corrections alone, from checks and audits."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.model.answers import Answer
from jichitai.security.checks.model.rounds import Sort
from jichitai.security.export.cli import oscal
from jichitai.security.export.oscal import body_documents
from jichitai.security.guideline import builtin
from jichitai.security.oscal.bundle import guideline_files
from jichitai.security.oscal.checks import kind_of, problems_of
from tests.conftest import TOWN, Cluster
from tests.security.checks_builders import AUDITOR, OFFICER, Desk, planned
from tests.security.oscal_builders import judged

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def desk(town_tx: Tx, clock: FixedClock, outbox: Outbox) -> Desk:
    return Desk(town_tx, TOWN, clock, outbox)


async def test_a_body_without_anything_has_the_guideline_only(desk: Desk) -> None:
    found = await body_documents(desk.tx, desk.body, desk.clock.now())
    assert found.keys() == guideline_files(builtin.newest()).keys()
    assert problems_of(found) == ()


async def test_corrections_alone_stand_without_a_plan(desk: Desk) -> None:
    await desk.corrections.open(desk.tx, desk.body, planned(), by=OFFICER)
    found = await body_documents(desk.tx, desk.body, desk.clock.now())
    assert problems_of(found) == ()
    poam = found[f"body-{TOWN}.poam.json"]
    assert "import-ssp" not in poam["plan-of-action-and-milestones"]
    judged(poam)


async def test_checks_and_audits_make_a_whole_set(desk: Desk) -> None:
    check = await desk.open(areas=(Area.LGWAN,))
    lines = await desk.lines(check)
    await desk.answer_all(check, lines[:4])
    await desk.answer_all(check, lines[4:5], Answer.UNMET)
    audit = await desk.open(sort=Sort.AUDIT)
    await desk.answer_all(audit, (await desk.lines(audit))[:2], by=AUDITOR)
    await desk.corrections.open(desk.tx, desk.body, planned(), by=OFFICER)
    found = await body_documents(desk.tx, desk.body, desk.clock.now())
    assert problems_of(found) == ()
    own = {name: one for name, one in found.items() if name.startswith("body-")}
    assert sorted(map(str, map(kind_of, own.values()))) == [
        "assessment-plan",
        "assessment-plan",
        "assessment-results",
        "assessment-results",
        "plan-of-action-and-milestones",
        "system-security-plan",
    ]
    for one in own.values():
        judged(one)


def test_the_command_writes_the_guideline_of_a_version(tmp_path: Path) -> None:
    done = CliRunner().invoke(oscal, ["--out", str(tmp_path / "a"), "--version", "R7.3"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a" / "guideline-R7.3.catalog.json").exists()
    both = CliRunner().invoke(
        oscal, ["--out", str(tmp_path / "b"), "--version", "R7.3", "--body", TOWN]
    )
    assert both.exit_code == 2
    assert not (tmp_path / "b").exists()


def test_the_command_writes_the_documents_of_a_body(
    cluster18: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JICHITAI_DATABASE_URL", cluster18.dsn(cluster18.shared(Tier.TOWN)))
    done = CliRunner().invoke(oscal, ["--out", str(tmp_path / "a"), "--body", TOWN])
    assert done.exit_code == 0, done.output
    assert "SSPと点検の結果はありません" in done.output
    assert (tmp_path / "a" / "guideline-R8.3.catalog.json").exists()
