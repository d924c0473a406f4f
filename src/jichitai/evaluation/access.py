"""Who takes part in the policy evaluation (政策評価)."""

from typing import Final

from jichitai.web.rights import Role

WRITERS: Final = frozenset({Role.EVALUATION_OFFICER})
"""Write policies, logic models, indicators and reports."""

APPROVERS: Final = frozenset({Role.EVALUATION_APPROVER})
"""Approve and publish what somebody else wrote."""

EXPERTS: Final = frozenset({Role.EVALUATION_EXPERT})
"""Read drafts and write remarks (学識経験者)."""

INSIDE: Final = frozenset({*WRITERS, *APPROVERS, *EXPERTS, Role.MINISTRY_OFFICER})
"""Read what is not published yet."""
