"""Refusals of 指標の状況."""

from jichitai.kernel.errors import NotFoundError


class NotByPlaceError(NotFoundError):
    """The indicator is one figure of the country; nothing is known of its parts."""

    type = "evaluation.not-by-place"
    title = "地域ごとの値がありません"


class UnknownPlaceError(NotFoundError):
    """No such prefecture or body."""

    type = "evaluation.unknown-place"
    title = "該当する地域や団体がありません"
