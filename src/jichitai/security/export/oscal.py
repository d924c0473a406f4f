"""Everything of a body as one set of OSCAL documents: the guideline, its plan, rounds, corrections."""

from datetime import datetime

from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST
from jichitai.security.checks.errors import WrongStepError
from jichitai.security.checks.service import oscal as checks
from jichitai.security.checks.store import rounds
from jichitai.security.guideline import service as guideline
from jichitai.security.oscal.bundle import body_files, guideline_files
from jichitai.security.oscal.model import ActionPlan, SecurityPlan
from jichitai.security.oscal.parts import Node
from jichitai.security.oscal.poam import action_plan, action_plan_name


async def body_documents(tx: Tx, body: str, now: datetime) -> dict[str, Node]:
    """The documents of a body and of the versions that they import, by file name.

    Plan and rounds need a self-check with an answer; corrections stand alone when there is none.

    Args:
        tx: of the body.
        body: its code.
        now: the present.
    """
    current = await guideline.current(tx, on=now.astimezone(JST).date())
    plan = await _plan(tx, body, now)
    corrections = await _corrections(tx, body, now)
    if plan is None:
        found = guideline_files(current)
        if corrections is not None:
            name = action_plan_name(corrections.subject)
            found[name] = action_plan(corrections, with_ssp=False)
        return found
    version = plan.subject.guideline_version
    asked = current if version == current.version else await guideline.catalogue(tx, version)
    found = guideline_files(asked)
    looked = [
        await checks.assessment(tx, body, row.round_id, now)
        for row in await rounds.rounds(tx, body)
    ]
    return found | body_files(plan, [one for one in looked if one.control_ids], corrections)


async def _plan(tx: Tx, body: str, now: datetime) -> SecurityPlan | None:
    try:
        return await checks.security_plan(tx, body, now)
    except WrongStepError:
        return None


async def _corrections(tx: Tx, body: str, now: datetime) -> ActionPlan | None:
    try:
        return await checks.action_plan(tx, body, now)
    except WrongStepError:
        return None
