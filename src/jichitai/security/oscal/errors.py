"""Refusals of OSCAL documents."""

from jichitai.kernel.errors import InvalidError


class UnreadableOscalError(InvalidError):
    """The file is not an OSCAL document of the kind that is asked for."""

    type = "security.unreadable-oscal"
    title = "OSCALの文書として読み取れません"


class EmptyOscalError(InvalidError):
    """OSCAL has no form for a document without content."""

    type = "security.empty-oscal"
    title = "OSCALの文書にする内容がありません"


class FaultyOscalError(InvalidError):
    """Our own checks find something wrong with documents that are about to leave."""

    type = "security.faulty-oscal"
    title = "OSCALの文書に誤りがあります"
