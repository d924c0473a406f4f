"""Refusals of OSCAL documents."""

from jichitai.kernel.errors import InvalidError


class UnreadableOscalError(InvalidError):
    """The file is not an OSCAL document of the kind that is asked for."""

    type = "security.unreadable-oscal"
    title = "OSCALの文書として読み取れません"
