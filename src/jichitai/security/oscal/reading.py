"""Read OSCAL documents of a body: plan, results, corrections; ours and other tools'.

A file of a wrong form is refused whole. In a file of the right form each entry is read by itself:
one that cannot be used is a fault with its place, why, and what to do.

Source: NIST OSCAL 1.2.1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from jichitai.kernel.dates import JST
from jichitai.security.oscal import forms
from jichitai.security.oscal.errors import UnreadableOscalError
from jichitai.security.oscal.model import (
    Answer,
    Correction,
    Evidence,
    Implementation,
    Method,
    RiskState,
    Sort,
    Statement,
    System,
)
from jichitai.security.oscal.parts import NAMESPACE, parsed_uuid, uid

LARGEST: Final = 20 * 1024 * 1024
T = TypeVar("T")

_STATES: Final = frozenset(map(str, Implementation))
_RISKS: Final = frozenset(map(str, RiskState))
_METHODS: Final = frozenset(map(str, Method))


@dataclass(frozen=True, slots=True)
class Fault:
    """誤り: an entry that was not taken, where it stands, why, and what to do."""

    where: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a document says of its body; empty where it says nothing."""

    title: str
    body_code: str
    guideline_version: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """What a system security plan said."""

    about: About
    systems: tuple[System, ...]
    statements: tuple[Statement, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRound:
    """What one result of assessment results said."""

    title: str
    description: str
    sort: Sort | None
    fiscal_year: int | None
    round_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    systems: tuple[System, ...]
    control_ids: tuple[str, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResults:
    """What assessment results said."""

    about: About
    rounds: tuple[ReadRound, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCorrections:
    """What a plan of action and milestones said."""

    about: About
    corrections: tuple[Correction, ...]
    faults: tuple[Fault, ...]


def read_ssp(data: bytes) -> ReadPlan:
    """Read a system security plan.

    Raises:
        UnreadableOscalError: the file is too large, no JSON, or no such document.

    Source: NIST OSCAL 1.2.1 (system-security-plan).
    """
    plan = _decoded(data, forms.PlanFile, "system-security-plan").system_security_plan
    found = plan.system_implementation.components
    faults: list[Fault] = []
    statements = []
    keys = _keys(found)
    for i, requirement in enumerate(plan.control_implementation.implemented_requirements):
        for j, one in enumerate(requirement.by_components):
            where = f"implemented-requirements[{i}].by-components[{j}]"
            state = one.implementation_status.state if one.implementation_status else ""
            if one.component_uuid not in keys:
                faults.append(_no_component(where))
            elif state not in _STATES:
                faults.append(_no_state(where, state))
            else:
                statements.append(
                    Statement(
                        control_id=requirement.control_id,
                        state=Implementation(state),
                        description=one.description,
                        responsible=_value(one.props, "responsible"),
                        system_key=keys[one.component_uuid],
                    )
                )
    return ReadPlan(
        about=_about(plan.metadata),
        systems=_systems(found),
        statements=tuple(statements),
        faults=tuple(faults),
    )


def read_results(data: bytes) -> ReadResults:
    """Read assessment results.

    Raises:
        UnreadableOscalError: the file is too large, no JSON, or no such document.

    Source: NIST OSCAL 1.2.1 (assessment-results).
    """
    found = _decoded(data, forms.ResultsFile, "assessment-results").assessment_results
    faults: list[Fault] = []
    rounds = [_round(one, f"results[{i}]", faults) for i, one in enumerate(found.results)]
    return ReadResults(
        about=_about(found.metadata),
        rounds=tuple(rounds),
        faults=tuple(faults),
    )


def read_poam(data: bytes) -> ReadCorrections:
    """Read a plan of action and milestones.

    Raises:
        UnreadableOscalError: the file is too large, no JSON, or no such document.

    Source: NIST OSCAL 1.2.1 (plan-of-action-and-milestones).
    """
    file = _decoded(data, forms.PoamFile, "plan-of-action-and-milestones")
    found = file.plan_of_action_and_milestones
    observations = {one.uuid: one for one in found.observations}
    risks = {one.uuid: one for one in found.risks}
    faults: list[Fault] = []
    corrections = []
    for i, item in enumerate(found.poam_items):
        where = f"poam-items[{i}]"
        risk = _first(risks, (one.risk_uuid for one in item.related_risks))
        seen = _first(observations, (one.observation_uuid for one in item.related_observations))
        if risk is not None and risk.status not in _RISKS:
            faults.append(
                Fault(
                    f"{where} の risk.status",
                    f"「{risk.status[:40]}」という状況は扱えません。",
                    f"{'、'.join(RiskState)}のいずれかにしてください。",
                )
            )
            continue
        corrections.append(_correction(item, risk, seen, found.metadata.last_modified))
    return ReadCorrections(
        about=_about(found.metadata), corrections=tuple(corrections), faults=tuple(faults)
    )


def _correction(
    item: forms.PoamItem,
    risk: forms.Risk | None,
    seen: forms.Observation | None,
    modified_at: datetime,
) -> Correction:
    factors = risk.mitigating_factors if risk else ()
    closed = _value(item.props, "closed-on")
    source = seen.props if seen else ()
    return Correction(
        id=parsed_uuid(item.uuid) or UUID(uid("poam-item", item.title, item.description)),
        title=item.title,
        description=item.description,
        control_ids=_values(item.props, "control-id"),
        state=RiskState(risk.status) if risk else RiskState.OPEN,
        risk=_value(risk.props, "risk") if risk else "",
        owner=_value(item.props, "owner"),
        opened_on=_day(seen.collected if seen else modified_at),
        due_on=_day(risk.deadline) if risk and risk.deadline else None,
        closed_on=_written_day(closed),
        source=_value(source, "source"),
        answer_id=parsed_uuid(_value(source, "answer-id")),
        compensating="\n".join(one.description for one in factors),
    )


def _round(result: forms.Result, where: str, faults: list[Fault]) -> ReadRound:
    components = result.local_definitions.components if result.local_definitions else ()
    observations = {one.uuid: one for one in result.observations}
    keys = _keys(components)
    answers = []
    for i, finding in enumerate(result.findings):
        place = f"{where}.findings[{i}]"
        links = [one.observation_uuid for one in finding.related_observations]
        seen = _first(observations, links)
        if seen is None:
            why = "この判定のもとになった観察（related-observations）がありません。"
            faults.append(Fault(place, why, "観察を1件以上ひも付けてください。"))
            continue
        answer = _answer(finding, seen, keys)
        if answer is None:
            status = finding.target.implementation_status
            faults.append(_no_state(place, status.state if status else ""))
        else:
            answers.append(answer)
    sort, year = _value(result.props, "sort"), _value(result.props, "fiscal-year")
    return ReadRound(
        title=result.title,
        description=result.description,
        sort=Sort(sort) if sort in set(map(str, Sort)) else None,
        fiscal_year=int(year) if year.isascii() and year.isdigit() else None,
        round_id=parsed_uuid(_value(result.props, "round-id")),
        started_at=result.start,
        ended_at=result.end,
        systems=_systems(components),
        control_ids=tuple(
            choice.control_id
            for selection in result.reviewed_controls.control_selections
            for choice in selection.include_controls
        ),
        answers=tuple(answers),
    )


def _answer(
    finding: forms.Finding, seen: forms.Observation, keys: Mapping[str, str]
) -> Answer | None:
    target = finding.target
    state = target.implementation_status.state if target.implementation_status else ""
    if not state and target.status is not None:  # other tools say satisfied or not, and no more
        state = {"satisfied": "implemented", "not-satisfied": "planned"}.get(
            target.status.state, ""
        )
    if state not in _STATES:
        return None
    control = _value(seen.props, "control-id") or target.target_id.removesuffix("_smt")
    method = next((one for one in seen.methods if one in _METHODS), str(Method.UNKNOWN))
    subjects = [keys[one.subject_uuid] for one in seen.subjects if one.subject_uuid in keys]
    return Answer(
        id=parsed_uuid(finding.uuid) or UUID(uid("finding", finding.uuid)),
        control_id=control,
        state=Implementation(state),
        description=finding.description,
        method=Method(method),
        collected_at=seen.collected,
        expires_at=seen.expires,
        evidence=tuple(map(_evidence, seen.relevant_evidence)),
        system_key=_value(seen.props, "system-key") or next(iter(subjects), ""),
    )


def _evidence(one: forms.RelevantEvidence) -> Evidence:
    title = _value(one.props, "title")
    href = _value(one.props, "href") or ("" if one.href.startswith("#") else one.href)
    sha256 = _value(one.props, "sha256")
    description = "" if one.description == title else one.description
    return Evidence(
        title=title or one.description[:120], href=href, sha256=sha256, description=description
    )


def _decoded(data: bytes, form: type[T], name: str) -> T:
    if len(data) > LARGEST:
        raise UnreadableOscalError(
            f"ファイルが{LARGEST // 1024 // 1024}MBを超えています。対象を分けて書き出してください。"
        )
    try:
        return msgspec.json.decode(data, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableOscalError(
            f"OSCALの{name}（JSON）として読み取れません。{str(error)[:300]}。"
            "書き出した道具で、文書の種類と形式（JSON）を確かめてください。",
            document=name,
        ) from None


def _about(metadata: forms.Metadata) -> About:
    return About(
        title=metadata.title,
        body_code=_value(metadata.props, "body-code"),
        guideline_version=_value(metadata.props, "guideline-version"),
        modified_at=metadata.last_modified,
    )


def _keys(components: Sequence[forms.Component]) -> dict[str, str]:
    """UUID of a component -> key of the system; empty for the body as a whole."""
    return {
        one.uuid: "" if one.type == "this-system" else _value(one.props, "system-key") or one.uuid
        for one in components
    }


def _systems(components: Sequence[forms.Component]) -> tuple[System, ...]:
    return tuple(
        System(
            key=_value(one.props, "system-key") or one.uuid,
            title=one.title,
            description="" if one.description == one.title else one.description,
            area=_value(one.props, "area"),
            confidentiality=_value(one.props, "confidentiality"),
            integrity=_value(one.props, "integrity"),
            availability=_value(one.props, "availability"),
            vendor=_value(one.props, "vendor"),
            cloud=_value(one.props, "cloud") == "yes" or one.type == "service",
            operational=one.status.state == "operational",
        )
        for one in components
        if one.type != "this-system"
    )


def _values(found: Sequence[forms.Property], name: str) -> tuple[str, ...]:
    return tuple(one.value for one in found if one.name == name and one.ns == NAMESPACE)


def _value(found: Sequence[forms.Property], name: str) -> str:
    return next(iter(_values(found, name)), "")


def _first(known: Mapping[str, T], wanted: Iterable[str]) -> T | None:
    return next((known[one] for one in wanted if one in known), None)


def _day(value: datetime) -> date:
    return value.astimezone(JST).date()


def _written_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _no_component(where: str) -> Fault:
    return Fault(
        where,
        "この記述が指すシステム（component-uuid）が文書の中にありません。",
        "system-implementation の components に加えてください。",
    )


def _no_state(where: str, state: str) -> Fault:
    told = (
        f"「{state[:40]}」という実施の状況は扱えません。" if state else "実施の状況がありません。"
    )
    return Fault(where, told, f"{'、'.join(Implementation)}のいずれかにしてください。")
