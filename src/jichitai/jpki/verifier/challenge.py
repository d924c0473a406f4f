"""What a card signs to sign in or to agree: purpose, site, challenge, text.

The first line names the form, so that what is signed here is never a document of another use; the
site's origin is inside, so that a site cannot pass another site's challenge on to a visitor.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, Self

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.verifier.refusals import (
    ChallengeExpiredError,
    ChallengeReplayedError,
    MalformedChallengeError,
    WrongAudienceError,
    WrongUsageError,
)

_FORM: Final = "jichitai-card/1"
_PURPOSES: Final = {
    "user-auth": CertificateKind.USER_AUTH,
    "signature": CertificateKind.SIGNING,
}
_REPLAYED: Final = (
    "この確認用データは既に使われたか、ここで出したものではありません。盗み見た応答の再利用を"
    "防ぐため受け付けません。サインインを最初からやり直してください。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a card.

    Attributes:
        kind: which certificate's key signs it.
        audience: origin of the site that asked, such as `https://example.jp`.
        challenge: as the site gave it out.
        text: what the holder was shown.
    """

    kind: CertificateKind
    audience: str
    challenge: str
    text: str = ""

    @property
    def signed(self) -> bytes:
        """The bytes that the card signs."""
        purpose = next(name for name, kind in _PURPOSES.items() if kind is self.kind)
        head = "\n".join((_FORM, purpose, self.audience, self.challenge, ""))
        return (head + self.text).encode()

    @classmethod
    def parse(cls, message: bytes) -> Self:
        """Read what was signed.

        Raises:
            MalformedChallengeError: it is not of this form.
        """
        try:
            form, purpose, audience, challenge, text = message.decode().split("\n", 4)
            kind = _PURPOSES[purpose]
        except (UnicodeDecodeError, ValueError, KeyError):
            raise _malformed() from None
        if form != _FORM or not audience or not challenge:
            raise _malformed()
        return cls(kind=kind, audience=audience, challenge=challenge, text=text)

    def expect(self, kind: CertificateKind, audience: str) -> None:
        """Refuse a statement for another use or another site.

        Raises:
            WrongUsageError: it was signed for the other use.
            WrongAudienceError: it was made for another site.
        """
        if self.kind is not kind:
            raise WrongUsageError(
                f"{self.kind.japanese}のための応答です。{kind.japanese}でやり直してください。",
                expected=str(kind),
            )
        if self.audience != audience:
            raise WrongAudienceError(
                "別のサービスに向けたサインインの応答が送られてきました。偽のサイトが応答を中継"
                "した疑いがあります。アドレスを確かめ、このサービスを開き直してください。",
                audience=audience,
            )


class Challenges(Protocol):
    """Where the challenges of a service wait for their answer."""

    async def consume(self, challenge: str) -> None:
        """Use the challenge up, whatever comes of the rest.

        Raises:
            ChallengeReplayedError: used before, or not given out here.
            ChallengeExpiredError: answered too late.
        """
        ...


class MemoryChallenges:
    """Challenges of a service of one process.

    Args:
        life: seconds until an answer comes too late.
        most: how many may wait; the oldest make room.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        life: float = 300.0,
        most: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without any."""
        self._life = life
        self._most = most
        self._clock = clock
        self._open: OrderedDict[str, float] = OrderedDict()

    def give(self) -> str:
        """A new challenge: 32 random bytes in base64url."""
        challenge = secrets.token_urlsafe(32)
        self._open[challenge] = self._clock() + self._life
        if len(self._open) > self._most:
            self._open.popitem(last=False)
        return challenge

    async def consume(self, challenge: str) -> None:
        """Use the challenge up."""
        until = self._open.pop(challenge, None)
        if until is None:
            raise ChallengeReplayedError(_REPLAYED)
        if self._clock() > until:
            raise ChallengeExpiredError(
                "確認用データの期限が過ぎました。サインインを最初からやり直してください。"
            )


class OnlyChallenge:
    """The one challenge of a transaction that the caller has already used up in its own table."""

    def __init__(self, challenge: str) -> None:
        """Expect `challenge`, once."""
        self._expected: str | None = challenge

    async def consume(self, challenge: str) -> None:
        """Refuse any other, and the second time."""
        expected, self._expected = self._expected, None
        if expected is None or not secrets.compare_digest(expected, challenge):
            raise ChallengeReplayedError(_REPLAYED)


def _malformed() -> MalformedChallengeError:
    return MalformedChallengeError(
        "カードが署名したデータが、サインインや同意の取り決めの形式ではありません。"
        "カードの操作に使うプログラムを最新にしてやり直してください。"
    )
