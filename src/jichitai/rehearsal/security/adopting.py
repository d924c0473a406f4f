"""From nothing to adopted, published and counted: one body after the other."""

from dataclasses import dataclass
from typing import Final

from jichitai.kernel.bodies import Body
from jichitai.rehearsal.driver.guards import ministry_officer
from jichitai.rehearsal.driver.visitor import Visitor
from jichitai.rehearsal.security.stage import BEGIN, Stage
from jichitai.security.obligations.model import Denominator, organs_of

POLICIES: Final = "/api/v1/security/policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What a body has at the end.

    Attributes:
        body: its code.
        clauses: clauses of its draft.
        organs: organs that decided.
        address: where the policy is published.
        counted: whether it counts: adopted, published and reached.
    """

    body: str
    clauses: int
    organs: int
    address: str
    counted: bool


async def adopt(stage: Stage, one: Body) -> Adopted:
    """Answer the questions, draft, lay before the committee, decide in each organ, publish."""
    officer = await stage.officer(one)
    organs = organs_of(one, on=BEGIN.date())
    policy = await officer.call("POST", POLICIES, {"organs": list(organs)})
    path = f"{POLICIES}/{policy['policy_id']}"
    await _answer(officer, path)
    written = (await officer.call("POST", f"{path}/draft"))["written"]
    version = f"{path}/versions/1"
    await officer.call("POST", f"{version}/submit", {"accepted_gaps": "実施手順で定める。"})
    today = stage.nation.clock.today().isoformat()
    laid = await officer.call(
        "POST",
        f"{version}/committee",
        {"number": "委員会第1号", "held_on": today, "approved": True},
    )
    for number, organ in enumerate(organs, start=1):
        decision = {
            "decision_number": f"決裁第{number}号",
            "decided_on": today,
            "document_hash": laid["document_hash"],
        }
        await (await stage.adopter(one, organ)).call("POST", f"{version}/adoptions", decision)
    await officer.call("POST", f"{version}/publish", {})
    seen = (await officer.call("POST", f"{version}/check"))["version"]
    return Adopted(
        body=one.code,
        clauses=written,
        organs=len(organs),
        address=seen["address"],
        counted=seen["counted"],
    )


async def _answer(officer: Visitor, path: str) -> None:
    """Take every proposal of the interview as it is."""
    asked = await officer.call("GET", f"{path}/interview")
    answers = {
        question["key"]: question["proposal"]
        for question in asked["questions"]
        if question["asked"] and question["answer"] is None and question["proposal"] is not None
    }
    await officer.call(
        "PUT", f"{path}/interview", {"answers": answers, "edition": asked["edition"]}
    )


async def rates(stage: Stage) -> dict[str, int]:
    """Bodies that count at the ministry, by denominator."""
    officer = await stage.as_(ministry_officer(1))
    found = await officer.call("GET", "/api/v1/security/oversight/summary")
    return {one["denominator"]: int(one["counted"]["numerator"]) for one in found["rates"]}


ALL: Final = str(Denominator.ALL_1788)
PAIRS: Final = str(Denominator.ORGAN_PAIRS)
