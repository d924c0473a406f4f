"""Refusals of 一年の仕事."""

from jichitai.kernel.errors import ConflictError


class AlreadyAnsweredError(ConflictError):
    """A request that was answered is not asked or reminded again."""

    type = "evaluation.already-answered"
    title = "すでに回答があります"
