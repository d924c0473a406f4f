"""OSCAL plan of action and milestones: corrections and 例外措置.

Source: NIST OSCAL 1.2.1 (plan-of-action-and-milestones).
"""

from jichitai.security.oscal.errors import EmptyOscalError
from jichitai.security.oscal.model import ActionPlan, Correction, RiskState, Subject
from jichitai.security.oscal.parts import (
    Node,
    first_moment,
    last_moment,
    line,
    metadata,
    oscal_uuid,
    prop,
    props,
    prose,
    uid,
)
from jichitai.security.oscal.plan import plan_name, subject_props


def action_plan_name(subject: Subject) -> str:
    """File name of a body's corrections.

    Source: ours; NIST OSCAL names no files.
    """
    return f"body-{subject.code}.poam.json"


def action_plan(plan: ActionPlan, *, with_ssp: bool = True) -> Node:
    """The corrections of a body.

    Args:
        plan: the corrections.
        with_ssp: whether the body's security plan stands beside it, to be imported.

    Raises:
        EmptyOscalError: there is none.

    Source: NIST OSCAL 1.2.1 (plan-of-action-and-milestones).
    """
    if not plan.corrections:
        raise EmptyOscalError(
            "是正すべき事項が1件もありません。OSCALのPOA&Mには1件以上が要ります。"
            "是正の一覧に事項があるときに書き出してください。"
        )
    subject = plan.subject
    return {
        "plan-of-action-and-milestones": {
            "uuid": uid("poam", subject.code, plan.version, plan.modified_at.isoformat()),
            "metadata": metadata(
                f"{subject.name} 是正の計画",
                version=plan.version,
                modified_at=plan.modified_at,
                publisher=(subject.code, subject.name),
                properties=subject_props(subject),
                remarks="団体の内部の文書です。公開しないでください。",
            ),
            **({"import-ssp": {"href": plan_name(subject)}} if with_ssp else {}),
            "system-id": {"id": subject.code},
            "observations": [_observation(one) for one in plan.corrections],
            "risks": [_risk(one) for one in plan.corrections],
            "poam-items": [_item(one) for one in plan.corrections],
        }
    }


def _observation(one: Correction) -> Node:
    return {
        "uuid": uid("poam-observation", one.id),
        "description": prose(one.description, line(one.title) or "指摘"),
        **props(
            prop("source", one.source),
            prop("answer-id", one.answer_id or ""),
        ),
        "methods": ["UNKNOWN"],
        "types": ["finding"],
        "collected": first_moment(one.opened_on),
    }


def _risk(one: Correction) -> Node:
    title = line(one.title) or "是正"
    found: Node = {
        "uuid": uid("poam-risk", one.id),
        "title": title,
        "description": prose(one.description, title),
        "statement": prose(one.description, title),
        **props(prop("risk", one.risk)),
        "status": str(one.state),
    }
    if one.due_on is not None:
        found["deadline"] = last_moment(one.due_on)
    if one.compensating:
        found["mitigating-factors"] = [
            {
                "uuid": uid("poam-mitigation", one.id),
                "description": prose(one.compensating, title),
            }
        ]
    found["remediations"] = [
        {
            "uuid": uid("poam-remediation", one.id),
            "lifecycle": "completed" if one.state is RiskState.CLOSED else "planned",
            "title": title,
            "description": title,
        }
    ]
    found["related-observations"] = [{"observation-uuid": uid("poam-observation", one.id)}]
    return found


def _item(one: Correction) -> Node:
    title = line(one.title) or "是正"
    return {
        "uuid": oscal_uuid(one.id, "poam-item"),
        "title": title,
        "description": prose(one.description, title),
        **props(
            *(prop("control-id", control) for control in one.control_ids),
            prop("owner", one.owner),
            prop("closed-on", one.closed_on or ""),
        ),
        "related-observations": [{"observation-uuid": uid("poam-observation", one.id)}],
        "related-risks": [{"risk-uuid": uid("poam-risk", one.id)}],
    }
