"""相手先 (relying parties): registration, keys with an end, rehearsal, warnings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from jichitai.jpki.signin.claims import Item

WARN_DAYS: Final = (90, 30, 7)
"""Days before an end at which the warning grows more urgent."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
"""Form of a `client_id`."""


class PartyState(StrEnum):
    """Whether people can sign in at a party.

    A party begins under rehearsal: everything works, but it sees an invented person only.
    """

    REHEARSAL = "rehearsal"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"

    @property
    def japanese(self) -> str:
        """The word for operators."""
        return _STATES[self]


_STATES: Final = {
    PartyState.REHEARSAL: "接続試験中",
    PartyState.OPEN: "利用中",
    PartyState.SUSPENDED: "停止中",
    PartyState.CLOSED: "終了",
}


class Fault(StrEnum):
    """What an answer of a rehearsal has wrong, so that the party can show that it refuses it."""

    NONCE = "wrong-nonce"
    AUDIENCE = "wrong-audience"
    ISSUER = "wrong-issuer"
    SIGNATURE = "wrong-signature"
    EXPIRED = "expired"

    @property
    def japanese(self) -> str:
        """What is wrong, for operators."""
        return _FAULTS[self]


_FAULTS: Final = {
    Fault.NONCE: "nonce が違うIDトークン",
    Fault.AUDIENCE: "宛先（aud）が違うIDトークン",
    Fault.ISSUER: "発行者（iss）が違うIDトークン",
    Fault.SIGNATURE: "署名が壊れたIDトークン",
    Fault.EXPIRED: "期限が切れたIDトークン",
}


class Step(StrEnum):
    """What a party under rehearsal was seen to do."""

    PUSHED = "pushed"
    SIGNED_IN = "signed-in"
    EXCHANGED = "exchanged"
    USERINFO = "userinfo"
    LOGGED_OUT = "logged-out"

    @property
    def japanese(self) -> str:
        """The step, for operators."""
        return _STEPS[self]


_STEPS: Final = {
    Step.PUSHED: "要求を預けた（PAR）",
    Step.SIGNED_IN: "カードでサインインした人が相手先に戻った",
    Step.EXCHANGED: "認可コードをトークンに替えた",
    Step.USERINFO: "情報を受け取った（UserInfo）",
    Step.LOGGED_OUT: "サインアウトした",
}

NEEDED: Final = frozenset({Step.SIGNED_IN, Step.EXCHANGED})
"""Steps without which a party is not opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyKey:
    """A public key of a party, and the last instant at which it proves the party."""

    kid: str
    jwk: Mapping[str, Any]
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """相手先: a site that lets people sign in with the card.

    Attributes:
        client_id: its name at our endpoints.
        display: name of the service, as people know it.
        organisation: body that answers for it.
        purpose: what the sign-in is for, one sentence that people are shown.
        policy_url: its privacy policy.
        contact: whom operators write to.
        state: whether it works.
        sector: parties of one sector know a person under one name.
        redirect_urls: where browsers may be sent after a sign-in.
        logout_urls: where they may be sent after a logout.
        backchannel_url: where we announce that a sign-in has ended; None: nowhere.
        items: items of the four that it may ask for.
        pushed_only: takes part only with pushed requests (RFC 9126).
        id_token_alg: how its ID tokens are signed.
        not_after: end of the registration.
        keys: its public keys, several during a change of keys.
        rehearsed_from: steps of a rehearsal count from here on.
        fault: what is wrong with the next answer of the rehearsal.
    """

    client_id: str
    display: str
    organisation: str
    purpose: str
    policy_url: str
    contact: str
    state: PartyState
    sector: str
    redirect_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    backchannel_url: str | None
    items: frozenset[Item]
    pushed_only: bool
    id_token_alg: str
    not_after: datetime
    keys: tuple[PartyKey, ...]
    rehearsed_from: datetime
    fault: Fault | None = None

    @property
    def rehearsal(self) -> bool:
        """Whether it sees an invented person only."""
        return self.state is PartyState.REHEARSAL

    def usable(self, now: datetime) -> bool:
        """Whether people can sign in there at this instant."""
        return self.state in {PartyState.REHEARSAL, PartyState.OPEN} and now < self.not_after

    def jwks(self, now: datetime) -> dict[str, Any]:
        """The keys that prove it at this instant (RFC 7517)."""
        return {"keys": [dict(key.jwk) for key in self.keys if now < key.not_after]}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ending:
    """Something of a party that ends soon, or has ended.

    Attributes:
        ends_at: when.
        days: whole days that are left; negative when it has ended.
        client_id: whose.
        what: `registration`, or the kid of a key.
    """

    ends_at: datetime
    days: int
    client_id: str
    what: str

    @property
    def urgency(self) -> str:
        """`over`, or the number of days at which we warn."""
        if self.days < 0:
            return "over"
        return str(min(limit for limit in WARN_DAYS if self.days <= limit))


def endings(parties: Iterable[RelyingParty], now: datetime) -> list[Ending]:
    """What ends within the time of warning, soonest first.

    A key that a later one has replaced is not warned about; a party without any good key is.
    """
    found: list[Ending] = []
    for party in parties:
        if party.state in {PartyState.CLOSED, PartyState.SUSPENDED}:
            continue
        ends = [(party.not_after, "registration")]
        if party.keys:
            last = max(party.keys, key=lambda key: key.not_after)
            ends.append((last.not_after, last.kid))
        for end, what in ends:
            days = (end - now) // timedelta(days=1)
            if days <= max(WARN_DAYS):
                found.append(Ending(ends_at=end, days=days, client_id=party.client_id, what=what))
    return sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """How far a party has come with its rehearsal.

    Attributes:
        seen: steps it was seen to do.
        refused: faults that it was given and did not go on after.
        fell_for: faults that it took for good.
    """

    seen: frozenset[Step]
    refused: frozenset[Fault]
    fell_for: frozenset[Fault]

    @property
    def missing(self) -> list[str]:
        """What must still happen before the party is opened, in words."""
        steps = [step.japanese for step in Step if step in NEEDED - self.seen]
        faults = [
            f"{fault.japanese}を断る"
            for fault in Fault
            if fault in self.fell_for or fault not in self.refused
        ]
        return steps + faults


def rehearsal_of(steps: Iterable[tuple[str, datetime]]) -> Rehearsal:
    """Judge a rehearsal by its steps: `<step>`, `served:<fault>` and `fell-for:<fault>`.

    The last that happened counts: who fell for a fault can show later that it is mended.
    """
    seen: set[Step] = set()
    refused: set[Fault] = set()
    fell: set[Fault] = set()
    for text, _ in sorted(steps, key=lambda entry: entry[1]):
        what, _, fault = text.partition(":")
        if what == "served":
            refused.add(Fault(fault))
            fell.discard(Fault(fault))
        elif what == "fell-for":
            refused.discard(Fault(fault))
            fell.add(Fault(fault))
        else:
            seen.add(Step(what))
    return Rehearsal(seen=frozenset(seen), refused=frozenset(refused), fell_for=frozenset(fell))


def insecure_addresses(party: RelyingParty) -> list[str]:
    """Addresses of this computer, which are good for a rehearsal only."""
    everything = (*party.redirect_urls, *party.logout_urls, party.backchannel_url or "https:")
    return [address for address in everything if not address.startswith("https:")]


def origin_of(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
