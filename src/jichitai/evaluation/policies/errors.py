"""Refusals of policies and logic models."""

from jichitai.kernel.errors import ConflictError, NotFoundError


class UnknownPolicyError(NotFoundError):
    """No such policy, fiscal year, section, edition or node, or not at that time."""

    type = "evaluation.unknown-policy"
    title = "該当する政策や効果発現経路がありません"


class YearNotStartedError(ConflictError):
    """The fiscal year has no edition of its own yet, so that nothing of it can be changed."""

    type = "evaluation.year-not-started"
    title = "この年度の版がまだありません"


class YearTakenError(ConflictError):
    """The fiscal year has an edition already, or is too far ahead."""

    type = "evaluation.year-taken"
    title = "この年度の版は作れません"
