"""Use cases of the registry: register, renew keys, rehearse, open, stop."""

from dataclasses import replace
from datetime import datetime, timedelta

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki.signin import parties, registration
from jichitai.jpki.signin.errors import (
    BadRegistrationError,
    NotRehearsedError,
    SectorTakenError,
    UnknownPartyError,
)
from jichitai.jpki.signin.parties import (
    Fault,
    PartyKey,
    PartyState,
    Rehearsal,
    RelyingParty,
)
from jichitai.jpki.signin.registration import Registration
from jichitai.jpki.signin.store import logins
from jichitai.jpki.signin.store import parties as store


async def register(
    tx: Tx, document: Registration, *, days: int, now: datetime, by: Actor
) -> RelyingParty:
    """Register a party, which begins under rehearsal, or what has changed about one.

    A party that people use stays in use; `set_state` sends it back to rehearse.

    Raises:
        BadRegistrationError: with what is wrong; the id belongs to another body.
        NotRehearsedError: a party in use would get an address that is good for a rehearsal only.
        SectorTakenError: another body's parties know people under the names of this sector.
    """
    party = registration.register(document, now=now, days=days)
    known = await store.find(tx, party.client_id, lock=True)
    if known is not None and known.organisation != party.organisation:
        raise BadRegistrationError(
            "その client_id は別の団体が使っています。別の名前を付けてください。"
        )
    if known is not None and known.sector != party.sector:
        raise BadRegistrationError(
            "セクターは変えられません。変えると、相手先が今までの利用者を見分けられなくなります。"
            "新しい client_id で登録してください。"
        )
    if set(await store.sharing(tx, party.sector)) - {party.organisation}:
        raise SectorTakenError(
            f"セクター {party.sector} は別の団体が使っています。同じセクターの相手先は同じ人を同じ番号で"
            "知るため、団体をまたいで使えません。別のセクターを指定してください。"
        )
    if known is not None:
        party = replace(party, state=known.state, rehearsed_from=known.rehearsed_from)
        if known.state is PartyState.OPEN:
            _demand_secure(party)
    await store.save(tx, party, now=now)
    await logins.end_all(tx, party.client_id)
    await audit.record(
        tx,
        by=by,
        action="jpki.rp.register",
        subject=party.client_id,
        facts={"items": sorted(map(str, party.items)), "kids": [key.kid for key in party.keys]},
    )
    return party


async def renew_keys(
    tx: Tx, client_id: str, keys: tuple[PartyKey, ...], *, now: datetime, by: Actor
) -> RelyingParty:
    """Replace the keys of a party; to change without a break, old and new stand together.

    Raises:
        UnknownPartyError: no party has this id.
    """
    changed = replace(await known(tx, client_id), keys=keys)
    await store.save(tx, changed, now=now)
    await audit.record(
        tx,
        by=by,
        action="jpki.rp.keys",
        subject=client_id,
        facts={"kids": [key.kid for key in keys]},
    )
    return changed


async def extend(
    tx: Tx, client_id: str, *, days: int, now: datetime, by: Actor, reason: str
) -> RelyingParty:
    """Give a registration a later end.

    Raises:
        UnknownPartyError: no party has this id.
    """
    changed = replace(await known(tx, client_id), not_after=now + timedelta(days=days))
    await store.save(tx, changed, now=now)
    await audit.record(
        tx, by=by, action="jpki.rp.extend", subject=client_id, reason=reason, facts={"days": days}
    )
    return changed


async def set_state(
    tx: Tx, client_id: str, state: PartyState, *, now: datetime, by: Actor, reason: str
) -> RelyingParty:
    """Open a party to people, stop it, close it, or send it back to rehearse.

    Sign-ins that are under way end, so that nobody who was told of a rehearsal gives real items.

    Raises:
        UnknownPartyError: no party has this id.
        NotRehearsedError: it is to be opened, but has not shown that it works and is careful.
    """
    party = await known(tx, client_id)
    if state is PartyState.OPEN:
        await _demand_ready(tx, party)
    if state is PartyState.REHEARSAL and party.state is not PartyState.REHEARSAL:
        party = replace(party, rehearsed_from=now)
    changed = replace(party, state=state, fault=None)
    await store.save(tx, changed, now=now)
    await logins.end_all(tx, client_id)
    await audit.record(
        tx,
        by=by,
        action="jpki.rp.state",
        subject=client_id,
        reason=reason,
        facts={"state": str(state)},
    )
    return changed


async def plan_fault(tx: Tx, client_id: str, fault: Fault | None, *, by: Actor) -> RelyingParty:
    """Let the next ID token of a rehearsal be wrong, to see that the party refuses it.

    Raises:
        UnknownPartyError: no party has this id.
        BadRegistrationError: the party is not under rehearsal.
    """
    party = await known(tx, client_id)
    if not party.rehearsal:
        raise BadRegistrationError(
            "誤りのある回答を試せるのは接続試験中の相手先だけです。利用中の相手先には送れません。"
        )
    await store.set_fault(tx, client_id, fault)
    await audit.record(
        tx, by=by, action="jpki.rp.fault", subject=client_id, facts={"fault": fault and str(fault)}
    )
    return replace(party, fault=fault)


async def rehearsal(tx: Tx, party: RelyingParty) -> Rehearsal:
    """How far a party has come with its rehearsal."""
    seen = await store.steps(tx, party.client_id, party.rehearsed_from)
    return parties.rehearsal_of(seen)


async def known(tx: Tx, client_id: str) -> RelyingParty:
    """One party, held until the end of the transaction.

    Raises:
        UnknownPartyError: no party has this id.
    """
    party = await store.find(tx, client_id, lock=True)
    if party is None:
        raise UnknownPartyError(
            "この client_id の相手先は登録されていません。一覧で確かめてください。"
        )
    return party


async def _demand_ready(tx: Tx, party: RelyingParty) -> None:
    _demand_secure(party)
    missing = (await rehearsal(tx, party)).missing
    if missing:
        raise NotRehearsedError(
            f"接続試験で、まだ確かめていないことがあります：{'、'.join(missing)}。"
            "済ませてから利用を始めてください。",
            missing=missing,
        )


def _demand_secure(party: RelyingParty) -> None:
    near = parties.insecure_addresses(party)
    if near:
        raise NotRehearsedError(
            "https でない戻り先が登録されています。自分の端末の住所は接続試験の間だけ使えます。"
            "登録し直してください。",
            addresses=near,
        )
