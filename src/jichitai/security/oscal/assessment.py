"""OSCAL assessment plan and results: one self-check or audit.

Source: NIST OSCAL 1.2.1 (assessment-plan, assessment-results).
"""

from collections.abc import Sequence

from jichitai.security.oscal.catalog import statement_id
from jichitai.security.oscal.errors import EmptyOscalError
from jichitai.security.oscal.model import Answer, Assessment, Evidence
from jichitai.security.oscal.parts import (
    Node,
    back_matter,
    instant,
    line,
    metadata,
    oscal_uuid,
    prop,
    props,
    prose,
    resource,
    uid,
)
from jichitai.security.oscal.plan import component_id, components, plan_name, subject_props


def assessment_plan_name(assessment: Assessment) -> str:
    """File name of a round's plan.

    Source: ours; NIST OSCAL names no files.
    """
    return f"body-{assessment.subject.code}.{_short(assessment)}.ap.json"


def results_name(assessment: Assessment) -> str:
    """File name of a round's results.

    Source: ours; NIST OSCAL names no files.
    """
    return f"body-{assessment.subject.code}.{_short(assessment)}.ar.json"


def _short(assessment: Assessment) -> str:
    return f"{assessment.fiscal_year}-{assessment.sort}-{assessment.id.hex[:8]}"


def assessment_plan(assessment: Assessment) -> Node:
    """What is asked, of which systems, until when.

    Raises:
        EmptyOscalError: no control is asked.

    Source: NIST OSCAL 1.2.1 (assessment-plan).
    """
    subject, key = assessment.subject, assessment.id
    timing: Node = {
        "on-date": {"date": instant(assessment.started_at)},
    }
    if assessment.ended_at is not None:
        timing = {
            "within-date-range": {
                "start": instant(assessment.started_at),
                "end": instant(assessment.ended_at),
            }
        }
    return {
        "assessment-plan": {
            "uuid": uid("ap", key, assessment.modified_at.isoformat()),
            "metadata": metadata(
                f"{subject.name} {assessment.title} 計画",
                version=str(assessment.fiscal_year),
                modified_at=assessment.modified_at,
                publisher=(subject.code, subject.name),
                properties=[*subject_props(subject), *_round_props(assessment)],
            ),
            "import-ssp": {"href": plan_name(subject)},
            "reviewed-controls": _reviewed(assessment),
            "assessment-subjects": [{"type": "component", "include-all": {}}],
            "tasks": [
                {
                    "uuid": uid("task", key),
                    "type": "action",
                    "title": line(assessment.title) or assessment.sort.japanese,
                    "description": prose(assessment.description, assessment.sort.japanese),
                    "timing": timing,
                }
            ],
        }
    }


def assessment_results(assessment: Assessment) -> Node:
    """What was found about each control.

    Raises:
        EmptyOscalError: no control was asked.

    Source: NIST OSCAL 1.2.1 (assessment-results).
    """
    subject, key = assessment.subject, assessment.id
    result: Node = {
        "uuid": uid("result", key),
        "title": line(assessment.title) or assessment.sort.japanese,
        "description": prose(assessment.description, assessment.sort.japanese),
        "start": instant(assessment.started_at),
    }
    if assessment.ended_at is not None:
        result["end"] = instant(assessment.ended_at)
    result |= props(*_round_props(assessment))
    result["local-definitions"] = {"components": components(subject, assessment.systems)}
    result["reviewed-controls"] = _reviewed(assessment)
    if assessment.answers:
        result["observations"] = [_observation(assessment, one) for one in assessment.answers]
        result["findings"] = [_finding(one) for one in assessment.answers]
    return {
        "assessment-results": {
            "uuid": uid("ar", key, assessment.modified_at.isoformat()),
            "metadata": metadata(
                f"{subject.name} {assessment.title} 結果",
                version=str(assessment.fiscal_year),
                modified_at=assessment.modified_at,
                publisher=(subject.code, subject.name),
                properties=subject_props(subject),
                remarks="団体の内部の文書です。公開しないでください。",
            ),
            "import-ap": {"href": assessment_plan_name(assessment)},
            "results": [result],
            **back_matter(
                _evidence_resource(one, evidence)
                for one in assessment.answers
                for evidence in one.evidence
            ),
        }
    }


def _round_props(assessment: Assessment) -> list[Node]:
    return [
        prop("round-id", assessment.id),
        prop("sort", assessment.sort),
        prop("fiscal-year", assessment.fiscal_year),
    ]


def _reviewed(assessment: Assessment) -> Node:
    asked = _asked(assessment)
    if not asked:
        raise EmptyOscalError(
            "点検する項目が1件もありません。点検の対象を選んでから書き出してください。"
        )
    return {"control-selections": [{"include-controls": [{"control-id": one} for one in asked]}]}


def _asked(assessment: Assessment) -> Sequence[str]:
    answered = (one.control_id for one in assessment.answers)
    return list(dict.fromkeys([*assessment.control_ids, *answered]))


def _observation(assessment: Assessment, one: Answer) -> Node:
    subject = assessment.subject
    found: Node = {
        "uuid": uid("observation", one.id),
        "description": prose(one.description, one.state.japanese),
        **props(prop("control-id", one.control_id), prop("system-key", one.system_key)),
        "methods": [str(one.method)],
        "types": ["control-objective"],
        "subjects": [
            {"subject-uuid": component_id(subject, one.system_key), "type": "component"},
        ],
        "collected": instant(one.collected_at),
    }
    if one.evidence:
        found["relevant-evidence"] = [_evidence(one, evidence) for evidence in one.evidence]
    if one.expires_at is not None:
        found["expires"] = instant(one.expires_at)
    return found


def _evidence(answer: Answer, one: Evidence) -> Node:
    return {
        "href": f"#{uid('resource', _evidence_key(answer, one))}",
        "description": prose(one.description, line(one.title) or "証拠"),
        **props(prop("title", one.title), prop("href", one.href), prop("sha256", one.sha256)),
    }


def _evidence_resource(answer: Answer, one: Evidence) -> Node:
    key = _evidence_key(answer, one)
    return resource(key, line(one.title) or "証拠", one.href, sha256=one.sha256)


def _evidence_key(answer: Answer, one: Evidence) -> str:
    return f"{answer.id}/{one.title}/{one.href}/{one.sha256}"


def _finding(one: Answer) -> Node:
    return {
        "uuid": oscal_uuid(one.id, "finding"),
        "title": f"{one.control_id} {one.state.japanese}",
        "description": prose(one.description, one.state.japanese),
        "target": {
            "type": "statement-id",
            "target-id": statement_id(one.control_id),
            "status": {"state": "satisfied" if one.satisfied else "not-satisfied"},
            "implementation-status": {"state": str(one.state)},
        },
        "related-observations": [{"observation-uuid": uid("observation", one.id)}],
    }
