"""A body's plan, round and corrections with defaults, and the outside judge of OSCAL."""

import importlib
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jichitai.security.guideline.model import NetworkModel
from jichitai.security.oscal.checks import kind_of
from jichitai.security.oscal.model import (
    ActionPlan,
    Answer,
    Assessment,
    Correction,
    Evidence,
    Implementation,
    Method,
    RiskState,
    SecurityPlan,
    Sort,
    Statement,
    Subject,
    System,
)
from jichitai.security.oscal.parts import Node

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SUBJECT = Subject(
    code="011002",
    name="北海道札幌市",
    network_model=NetworkModel.ALPHA,
    cloud=True,
    guideline_version="R8.3",
)
SYSTEMS = (
    System(
        key="juki",
        title="住民記録システム",
        description="住民票を扱う",
        area="マイナンバー利用事務系",
        confidentiality="3B",
        integrity="2",
        availability="2",
        vendor="架空システムズ",
    ),
    System(key="mail", title="電子メール", area="クラウド", cloud=True, operational=False),
)
ROUND = UUID("6a1c86c0-7a62-4a75-9d2c-bf4f6b8f2f10")
FIRST = UUID("0d6f3d6e-59a5-4a43-8b6e-0b9b6d0c5f01")
SECOND = UUID("0d6f3d6e-59a5-4a43-8b6e-0b9b6d0c5f02")


def security_plan(**changes: Any) -> SecurityPlan:
    plan = SecurityPlan(
        subject=SUBJECT,
        version="3",
        modified_at=AT,
        systems=SYSTEMS,
        statements=(
            Statement(
                control_id="gl-p2-2-1.1",
                state=Implementation.IMPLEMENTED,
                description="副市長を充てている。",
                responsible="総務課",
            ),
            Statement(
                control_id="gl-p2-2-6.1.2",
                state=Implementation.PARTIAL,
                description="毎日複製する。\n離れた場所には置いていない。",
                system_key="juki",
            ),
            Statement(
                control_id="gl-p2-2-6.1.2",
                state=Implementation.NOT_APPLICABLE,
                description="事業者が行う。",
                system_key="mail",
            ),
        ),
    )
    return replace(plan, **changes)


def assessment(**changes: Any) -> Assessment:
    round_ = Assessment(
        id=ROUND,
        subject=SUBJECT,
        sort=Sort.SELF_CHECK,
        title="令和8年度 自己点検",
        description="全課で行った。",
        fiscal_year=2026,
        started_at=AT,
        ended_at=datetime(2026, 12, 20, 1, 0, tzinfo=UTC),
        modified_at=AT,
        systems=SYSTEMS,
        control_ids=("gl-p2-2-1.1", "gl-p2-2-6.1.2", "gl-p2-2-6.1.6"),
        answers=(
            Answer(
                id=FIRST,
                control_id="gl-p2-2-1.1",
                state=Implementation.IMPLEMENTED,
                description="要綱を確かめた。",
                collected_at=AT,
                expires_at=datetime(2027, 11, 20, 1, 0, tzinfo=UTC),
                evidence=(
                    Evidence(title="設置要綱", href="files/youkou.pdf", sha256="ab" * 32),
                    Evidence(title="辞令", description="写しを見た"),
                ),
            ),
            Answer(
                id=SECOND,
                control_id="gl-p2-2-6.1.2",
                state=Implementation.PARTIAL,
                description="離れた場所への複製がない。",
                method=Method.TEST,
                collected_at=AT,
                system_key="juki",
            ),
        ),
    )
    return replace(round_, **changes)


def action_plan(**changes: Any) -> ActionPlan:
    plan = ActionPlan(
        subject=SUBJECT,
        version="1",
        modified_at=AT,
        corrections=(
            Correction(
                id=UUID("7b0f51b1-1c0e-4a2d-8a34-5b1b1de4aa01"),
                title="離れた場所に複製を置く",
                description="離れた場所への複製がない。",
                control_ids=("gl-p2-2-6.1.2",),
                state=RiskState.REMEDIATING,
                risk="high",
                owner="情報政策課",
                opened_on=date(2026, 11, 20),
                due_on=date(2027, 3, 31),
                source="自己点検 令和8年度",
                answer_id=SECOND,
            ),
            Correction(
                id=UUID("7b0f51b1-1c0e-4a2d-8a34-5b1b1de4aa02"),
                title="古い機器の例外措置",
                description="更新まで使う。",
                control_ids=(),
                state=RiskState.DEVIATION_APPROVED,
                opened_on=date(2026, 10, 1),
                closed_on=date(2026, 11, 1),
                compensating="ネットワークから離して使う。",
            ),
        ),
    )
    return replace(plan, **changes)


_JUDGES = {
    "catalog": ("catalog", "Catalog"),
    "profile": ("profile", "Profile"),
    "mapping-collection": ("mapping", "MappingCollection"),
    "component-definition": ("component", "ComponentDefinition"),
    "system-security-plan": ("ssp", "SystemSecurityPlan"),
    "assessment-plan": ("assessment_plan", "AssessmentPlan"),
    "assessment-results": ("assessment_results", "AssessmentResults"),
    "plan-of-action-and-milestones": ("poam", "PlanOfActionAndMilestones"),
}


def judged(document: Node, folder: Path | None = None) -> Any:
    """The document as `trestle validate` reads and validates it; raises where that would fail.

    Args:
        document: what to judge.
        folder: where its imports stand, and the working directory; without one, a plan's profile
            is not resolved.
    """
    kind = kind_of(document)
    assert kind is not None
    module, name = _JUDGES[kind]
    model = getattr(importlib.import_module(f"trestle.oscal.{module}"), name)
    read = model(**document[kind])
    modes = ["catalog", "duplicates", "refs", "links", *(["rules"] if folder else [])]
    validators = importlib.import_module("trestle.core.validator_factory").validator_factory
    for mode in modes:
        judge = validators.get(Namespace(mode=mode))
        assert judge.model_is_valid(read, True, folder), judge.error_msg()
    return read
