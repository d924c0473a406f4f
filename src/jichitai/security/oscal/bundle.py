"""A folder of OSCAL documents: a version of the guideline, and what a body says against it.

Source: NIST OSCAL 1.2.1.
"""

from collections.abc import Sequence

from jichitai.security.guideline.model import Catalogue, NetworkModel
from jichitai.security.house.controls import own_controls
from jichitai.security.oscal import (
    assessment,
    catalog,
    component,
    mapping,
    plan,
    poam,
    profile,
)
from jichitai.security.oscal.model import ActionPlan, Assessment, SecurityPlan
from jichitai.security.oscal.parts import Node


def guideline_files(catalogue: Catalogue) -> dict[str, Node]:
    """Catalogue, law, profiles, mapping and component definition of a version, by file name.

    Source: NIST OSCAL 1.2.1 (catalog, profile, mapping-collection, component-definition).
    """
    version = catalogue.version
    found = {
        catalog.catalogue_name(version): catalog.catalog(catalogue),
        catalog.LAW_NAME: catalog.law_catalog(),
    }
    if catalogue.policy_items():
        found[profile.profile_name(version, None)] = profile.policy_profile(catalogue)
    for model in NetworkModel:
        for cloud in (True, False):
            if catalogue.items_for(model, cloud=cloud):
                name = profile.profile_name(version, model, cloud=cloud)
                found[name] = profile.model_profile(catalogue, model, cloud=cloud)
    mappings = mapping.mapping_collection(catalogue)
    if mappings["mapping-collection"]["mappings"]:
        found[mapping.mapping_name(version)] = mappings
    if any(one.item in catalogue for one in own_controls()):
        found[component.component_name(version)] = component.component_definition(catalogue)
    return found


def body_files(
    security_plan: SecurityPlan | None,
    assessments: Sequence[Assessment],
    action_plan: ActionPlan | None,
) -> dict[str, Node]:
    """What a body has of plan, rounds and corrections, by file name.

    Source: NIST OSCAL 1.2.1 (system-security-plan, assessment-plan, assessment-results,
        plan-of-action-and-milestones).
    """
    found: dict[str, Node] = {}
    if security_plan is not None and security_plan.statements:
        found[plan.plan_name(security_plan.subject)] = plan.security_plan(security_plan)
    for one in assessments:
        found[assessment.assessment_plan_name(one)] = assessment.assessment_plan(one)
        found[assessment.results_name(one)] = assessment.assessment_results(one)
    if action_plan is not None and action_plan.corrections:
        found[poam.action_plan_name(action_plan.subject)] = poam.action_plan(action_plan)
    return found
