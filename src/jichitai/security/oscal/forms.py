"""The parts of OSCAL documents that we read: what we need of them, and nothing else.

Fields that we do not name are passed over, so that documents of other tools can be read too.

Source: NIST OSCAL 1.2.1 (system-security-plan, assessment-results, plan-of-action-and-milestones).
"""

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

Word: TypeAlias = Annotated[str, Meta(max_length=400)]
Text: TypeAlias = Annotated[str, Meta(max_length=20_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Property(Struct, frozen=True, kw_only=True):
    """A name and a value."""

    name: Word
    value: Annotated[str, Meta(max_length=2_000)]
    ns: Word = ""


Props: TypeAlias = Annotated[tuple[Property, ...], Meta(max_length=400)]


class Metadata(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a document says of itself."""

    title: Text
    oscal_version: Word
    last_modified: Instant
    version: Word
    props: Props = ()


class ComponentStatus(Struct, frozen=True, kw_only=True):
    """Whether a component is in use."""

    state: Word


class Component(Struct, frozen=True, kw_only=True):
    """A system, or the whole."""

    uuid: Word
    type: Word
    title: Text
    description: Text = ""
    props: Props = ()
    status: ComponentStatus


Components: TypeAlias = Annotated[tuple[Component, ...], Meta(max_length=5_000)]


class ByComponent(Struct, frozen=True, kw_only=True, rename="kebab"):
    """How one component meets a control."""

    component_uuid: Word
    description: Text
    props: Props = ()
    implementation_status: ComponentStatus | None = None


class Requirement(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A control and how it is met."""

    control_id: Word
    by_components: Annotated[tuple[ByComponent, ...], Meta(max_length=5_000)] = ()
    remarks: Text = ""


class ControlImplementation(Struct, frozen=True, kw_only=True, rename="kebab"):
    """All controls of a plan."""

    implemented_requirements: Annotated[tuple[Requirement, ...], Meta(max_length=5_000)]


class SystemImplementation(Struct, frozen=True, kw_only=True, rename="kebab"):
    """The components of a plan."""

    components: Components


class Plan(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A system security plan."""

    metadata: Metadata
    system_implementation: SystemImplementation
    control_implementation: ControlImplementation


class PlanFile(Struct, frozen=True, kw_only=True, rename="kebab"):
    """The file of a system security plan."""

    system_security_plan: Plan


class LocalDefinitions(Struct, frozen=True, kw_only=True):
    """Components that a result defines itself."""

    components: Components = ()


class ControlChoice(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A control that was asked."""

    control_id: Word


class Selection(Struct, frozen=True, kw_only=True, rename="kebab"):
    """Controls that were asked."""

    include_controls: Annotated[tuple[ControlChoice, ...], Meta(max_length=5_000)] = ()


class Reviewed(Struct, frozen=True, kw_only=True, rename="kebab"):
    """All controls that were asked."""

    control_selections: Annotated[tuple[Selection, ...], Meta(max_length=100)]


class SubjectReference(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What was looked at."""

    subject_uuid: Word


class RelevantEvidence(Struct, frozen=True, kw_only=True):
    """What stands behind an observation."""

    description: Text = ""
    href: Word = ""
    props: Props = ()


class Observation(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What was seen, when, by which method."""

    uuid: Word
    description: Text
    methods: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    props: Props = ()
    subjects: Annotated[tuple[SubjectReference, ...], Meta(max_length=5_000)] = ()
    relevant_evidence: Annotated[tuple[RelevantEvidence, ...], Meta(max_length=500)] = ()
    collected: Instant
    expires: Instant | None = None


Observations: TypeAlias = Annotated[tuple[Observation, ...], Meta(max_length=50_000)]


class ObjectiveStatus(Struct, frozen=True, kw_only=True):
    """Satisfied or not."""

    state: Word


class Target(Struct, frozen=True, kw_only=True, rename="kebab"):
    """The statement or objective that a finding is about."""

    target_id: Word
    status: ObjectiveStatus | None = None
    implementation_status: ObjectiveStatus | None = None


class RelatedObservation(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A link to an observation."""

    observation_uuid: Word


Related: TypeAlias = Annotated[tuple[RelatedObservation, ...], Meta(max_length=500)]


class Finding(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What follows from observations."""

    uuid: Word
    title: Text
    description: Text
    target: Target
    related_observations: Related = ()


class Result(Struct, frozen=True, kw_only=True, rename="kebab"):
    """One round."""

    uuid: Word
    title: Text
    description: Text
    start: Instant
    end: Instant | None = None
    props: Props = ()
    local_definitions: LocalDefinitions | None = None
    reviewed_controls: Reviewed
    observations: Observations = ()
    findings: Annotated[tuple[Finding, ...], Meta(max_length=50_000)] = ()


class Results(Struct, frozen=True, kw_only=True):
    """Assessment results."""

    metadata: Metadata
    results: Annotated[tuple[Result, ...], Meta(min_length=1, max_length=50)]


class ResultsFile(Struct, frozen=True, kw_only=True, rename="kebab"):
    """The file of assessment results."""

    assessment_results: Results


class MitigatingFactor(Struct, frozen=True, kw_only=True):
    """What is done meanwhile."""

    description: Text


class Risk(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What is wrong, how far along, until when."""

    uuid: Word
    status: Word
    props: Props = ()
    deadline: Instant | None = None
    mitigating_factors: Annotated[tuple[MitigatingFactor, ...], Meta(max_length=100)] = ()


class RelatedRisk(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A link to a risk."""

    risk_uuid: Word


class PoamItem(Struct, frozen=True, kw_only=True, rename="kebab"):
    """One thing to put right."""

    uuid: Word = ""
    title: Text
    description: Text
    props: Props = ()
    related_observations: Related = ()
    related_risks: Annotated[tuple[RelatedRisk, ...], Meta(max_length=100)] = ()


class Poam(Struct, frozen=True, kw_only=True, rename="kebab"):
    """A plan of action and milestones."""

    metadata: Metadata
    observations: Observations = ()
    risks: Annotated[tuple[Risk, ...], Meta(max_length=50_000)] = ()
    poam_items: Annotated[tuple[PoamItem, ...], Meta(min_length=1, max_length=50_000)]


class PoamFile(Struct, frozen=True, kw_only=True, rename="kebab"):
    """The file of a plan of action and milestones."""

    plan_of_action_and_milestones: Poam
