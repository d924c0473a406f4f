"""Refusals of the picture of systems and networks."""

from jichitai.kernel.errors import ConflictError, InvalidError


class AssetRefusedError(InvalidError):
    """A system, segment or link does not make sense as it was entered.

    `fields` of its facts name what is wrong, each with a sentence.
    """

    type = "security.asset-refused"
    title = "システム・ネットワークの登録に誤りがあります"


class AssetInUseError(ConflictError):
    """Something else in the picture still stands on it."""

    type = "security.asset-in-use"
    title = "ほかの登録で使われています"
