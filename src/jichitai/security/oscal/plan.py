"""OSCAL system security plan: what a body does about each control.

Source: NIST OSCAL 1.2.1 (system-security-plan).
"""

from collections.abc import Sequence

from jichitai.security.oscal.errors import EmptyOscalError
from jichitai.security.oscal.model import SecurityPlan, Statement, Subject, System
from jichitai.security.oscal.parts import Node, line, metadata, prop, props, prose, uid
from jichitai.security.oscal.profile import profile_name

_UNRATED = "分類していない情報"


def plan_name(subject: Subject) -> str:
    """File name of a body's plan.

    Source: ours; NIST OSCAL names no files.
    """
    return f"body-{subject.code}.ssp.json"


def component_id(subject: Subject, system_key: str) -> str:
    """UUID of the component of a system; of the body as a whole for an empty key.

    Source: NIST OSCAL 1.2.1 (component).
    """
    return uid("component", subject.code, system_key)


def subject_props(subject: Subject) -> list[Node]:
    """What a reader needs to know which body and which controls a document is about.

    Source: ours.
    """
    return [
        prop("body-code", subject.code),
        prop("guideline-version", subject.guideline_version),
        prop("network-model", subject.network_model),
        prop("cloud", "yes" if subject.cloud else "no"),
    ]


def components(subject: Subject, systems: Sequence[System]) -> list[Node]:
    """The body as a whole, and each of its systems.

    Source: NIST OSCAL 1.2.1 (component).
    """
    whole = {
        "uuid": component_id(subject, ""),
        "type": "this-system",
        "title": f"{line(subject.name)}（団体全体）",
        "description": "団体が管理する情報システムの全体。",
        "status": {"state": "operational"},
    }
    return [whole, *(_component(subject, one) for one in systems)]


def _component(subject: Subject, system: System) -> Node:
    return {
        "uuid": component_id(subject, system.key),
        "type": "service" if system.cloud else "system",
        "title": line(system.title) or system.key,
        "description": prose(system.description, line(system.title) or system.key),
        **props(
            prop("system-key", system.key),
            prop("area", system.area),
            prop("confidentiality", system.confidentiality),
            prop("integrity", system.integrity),
            prop("availability", system.availability),
            prop("vendor", system.vendor),
            prop("cloud", "yes" if system.cloud else "no"),
        ),
        "status": {"state": "operational" if system.operational else "disposition"},
    }


def security_plan(plan: SecurityPlan) -> Node:
    """A body's plan as an OSCAL system security plan.

    Raises:
        EmptyOscalError: nothing is said about any control.

    Source: NIST OSCAL 1.2.1 (system-security-plan).
    """
    if not plan.statements:
        raise EmptyOscalError(
            "対策の実施の記述が1件もありません。OSCALのSSPには1件以上が要ります。"
            "点検に回答してから書き出してください。"
        )
    subject = plan.subject
    return {
        "system-security-plan": {
            "uuid": uid("ssp", subject.code, plan.version, plan.modified_at.isoformat()),
            "metadata": metadata(
                f"{subject.name} 対策の実施の状況",
                version=plan.version,
                modified_at=plan.modified_at,
                publisher=(subject.code, subject.name),
                properties=subject_props(subject),
                remarks="団体の内部の文書です。公開しないでください。",
            ),
            "import-profile": {
                "href": profile_name(
                    subject.guideline_version, subject.network_model, cloud=subject.cloud
                )
            },
            "system-characteristics": _characteristics(subject, plan.systems),
            "system-implementation": {"components": components(subject, plan.systems)},
            "control-implementation": {
                "description": "項目ごとの実施の状況。",
                "implemented-requirements": _requirements(subject, plan.statements),
            },
        }
    }


def _characteristics(subject: Subject, systems: Sequence[System]) -> Node:
    ratings = sorted({one.confidentiality for one in systems if one.confidentiality})
    kinds = [
        {
            "uuid": uid("information", subject.code, rating),
            "title": f"自治体機密性{rating}の情報",
            "description": f"自治体機密性{rating}に分類した情報。",
            "confidentiality-impact": {"base": f"自治体機密性{rating}"},
        }
        for rating in ratings
    ]
    unrated = {
        "uuid": uid("information", subject.code, ""),
        "title": _UNRATED,
        "description": "分類がまだ記録されていない情報。",
    }
    return {
        "system-ids": [{"id": subject.code}],
        "system-name": f"{line(subject.name)}の情報システム",
        "description": f"{line(subject.name)}が管理する情報システムの全体。",
        "system-information": {"information-types": kinds or [unrated]},
        "status": {"state": "operational"},
        "authorization-boundary": {
            "description": f"{subject.network_model.japanese}のネットワークと、そこにつながる情報システム。"
        },
    }


def _requirements(subject: Subject, statements: Sequence[Statement]) -> list[Node]:
    by_control: dict[str, list[Statement]] = {}
    for one in statements:
        by_control.setdefault(one.control_id, []).append(one)
    return [
        {
            "uuid": uid("requirement", subject.code, control),
            "control-id": control,
            "by-components": [_by_component(subject, one) for one in found],
        }
        for control, found in by_control.items()
    ]


def _by_component(subject: Subject, one: Statement) -> Node:
    return {
        "component-uuid": component_id(subject, one.system_key),
        "uuid": uid("by-component", subject.code, one.control_id, one.system_key),
        "description": prose(one.description, one.state.japanese),
        **props(prop("responsible", one.responsible)),
        "implementation-status": {"state": str(one.state)},
    }
