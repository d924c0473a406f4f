"""Refusals about organs and joint bodies."""

from jichitai.kernel.errors import ConflictError, InvalidError


class OrganFixedError(ConflictError):
    """The law leaves a body no choice about this organ."""

    type = "security.organ-fixed"
    title = "この機関の有無は変えられません"


class ReasonMissingError(InvalidError):
    """A statement about an organ needs its reason."""

    type = "security.reason-missing"
    title = "理由がありません"


class NotJointError(InvalidError):
    """The code belongs to a prefecture or municipality, or members are missing."""

    type = "security.not-joint"
    title = "一部事務組合・広域連合として登録できません"
