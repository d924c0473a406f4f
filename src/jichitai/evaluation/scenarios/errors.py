"""Refusals of 試算."""

from jichitai.kernel.errors import NotFoundError


class UnknownScenarioError(NotFoundError):
    """No subject of this name."""

    type = "evaluation.unknown-scenario"
    title = "該当する試算がありません"
