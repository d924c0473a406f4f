"""Refusals: what was wrong, why it matters and what to do.

Every refusal of the product is a `JichitaiError`. Its kind decides the status at the HTTP edge,
its `type` is a permanent public name, its `detail` is a Japanese sentence for people, and its
`facts` are for programs. Neither may hold personal data.
"""

from typing import ClassVar


class JichitaiError(Exception):
    """A refusal that a person or program can act on.

    Args:
        detail: one or more Japanese sentences: what is wrong, why, what to do.
        **facts: machine-readable facts, free of personal data.
    """

    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "処理できませんでした"

    def __init__(self, detail: str = "", **facts: object) -> None:
        """Keep the sentence and the facts apart."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class InvalidError(JichitaiError):
    """The request is wrong in itself (422)."""

    type = "invalid"
    title = "入力に誤りがあります"


class UnauthenticatedError(JichitaiError):
    """Nobody is signed in, or the proof of identity failed (401)."""

    type = "unauthenticated"
    title = "サインインが必要です"


class ForbiddenError(JichitaiError):
    """The person or program may not do this (403)."""

    type = "forbidden"
    title = "この操作の権限がありません"


class NotFoundError(JichitaiError):
    """The thing does not exist, or not for the one who asks (404)."""

    type = "not-found"
    title = "見つかりません"


class ConflictError(JichitaiError):
    """The state of the record forbids it (409)."""

    type = "conflict"
    title = "今の状態ではこの操作はできません"


class TooLargeError(JichitaiError):
    """The request is larger than the limit (413)."""

    type = "too-large"
    title = "データが大きすぎます"


class TooManyError(JichitaiError):
    """A quota or a rate limit is used up (429)."""

    type = "too-many"
    title = "回数の上限を超えました"


class UnavailableError(JichitaiError):
    """Something this depends on does not answer now (503)."""

    type = "unavailable"
    title = "今は処理できません"
