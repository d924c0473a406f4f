"""What the agent does with the card for a request; runs in a thread, one card at a time."""

from dataclasses import dataclass

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent_protocol import (
    CardAnswer,
    CardRequest,
    Outcome,
    Purpose,
    base64url,
    chip_challenge,
)
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import NoCardError, NoReaderError
from jichitai.jpki.reader.faces import read_faces
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import CardSource
from jichitai.kernel.errors import JichitaiError

_PINS = {
    Purpose.USER_AUTH: PinKind.USER_AUTH,
    Purpose.SIGNATURE: PinKind.SIGNING,
    Purpose.READ: PinKind.NUMBER_B,
}
_KINDS = {
    Purpose.USER_AUTH: CertificateKind.USER_AUTH,
    Purpose.SIGNATURE: CertificateKind.SIGNING,
}


def pin_for(purpose: Purpose) -> PinKind:
    """The PIN that a purpose needs."""
    return _PINS[purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the page says of the card before a PIN is typed.

    Attributes:
        tries: how often the PIN may be tried; None when there is no card, or one must be chosen.
        problem: why the card cannot be used now, for people.
    """

    tries: int | None = None
    problem: str = ""


def look(source: CardSource, purpose: Purpose) -> Look:
    """Whether there is a card, and how many tries it has left; no try is used up."""
    if len(source.cards()) > 1:
        return Look()
    try:
        with source.connected() as transmit:
            return Look(tries=CardClient(transmit).tries(pin_for(purpose)))
    except (NoCardError, NoReaderError) as missing:
        return Look(problem=missing.detail)
    except JichitaiError as refusal:
        return Look(problem=refusal.detail)


def answer(source: CardSource, request: CardRequest, pin: Pin, card: str = "") -> CardAnswer:
    """Have the card sign, or read its faces.

    Raises:
        WrongPinError, BlockedPinError: the card refused the PIN.
        NoReaderError, NoCardError, CardRefusedError: the card cannot be used.
    """
    with source.connected(card) as transmit:
        client = CardClient(transmit)
        if request.purpose is Purpose.READ:
            faces = read_faces(client, pin, challenge=chip_challenge(request))
            return _done(request, objects=faces.packed())
        kind = _KINDS[request.purpose]
        client.verify(pin)
        signature = client.sign(kind, request.signed)
        certificate = client.certificate(kind)
    return _done(request, certificate=base64url(certificate), signature=base64url(signature))


def _done(request: CardRequest, **values: str) -> CardAnswer:
    return CardAnswer(
        transaction=request.transaction, purpose=request.purpose, outcome=Outcome.DONE, **values
    )


def ended(request: CardRequest, outcome: Outcome) -> CardAnswer:
    """The answer when nothing was signed."""
    return CardAnswer(transaction=request.transaction, purpose=request.purpose, outcome=outcome)
