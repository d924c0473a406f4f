"""Refusals of the views."""

from jichitai.kernel.errors import InvalidError, NotFoundError


class UnknownChoiceError(InvalidError):
    """A list or a map is asked for by a word that is no choice of it."""

    type = "standardisation.unknown-choice"
    title = "選べない条件です"


class NotShownHereError(NotFoundError):
    """The prefecture or body is none of those that these views show."""

    type = "standardisation.not-shown-here"
    title = "ここで見る団体ではありません"
