"""Use cases: invite, enrol, sign in, unlock, sign out, revoke."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx, enter_town
from jichitai.web import accounts, sessions
from jichitai.web.accounts import Account, AccountState
from jichitai.web.sessions import Session, instant
from jichitai.web.signin import store
from jichitai.web.signin.errors import (
    BadInvitationError,
    LastPasskeyError,
    NoSuchPasskeyError,
    NoSuchPersonaError,
)
from jichitai.web.signin.model import (
    INVITATION_LIFE,
    Authenticator,
    Ceremony,
    Passkey,
    Purpose,
    Question,
    hash_code,
    new_code,
)
from jichitai.web.signin.passkeys import Passkeys, not_proven


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just been opened.

    Attributes:
        token: value of the cookie.
        path: page to go to.
    """

    token: str
    path: str


async def invite(
    tx: Tx, account_id: UUID, *, by: Actor, lifetime: timedelta = INVITATION_LIFE
) -> str:
    """Make the one-time code with which a person enrols their first or next passkey.

    Returns:
        The code; it cannot be shown a second time.

    Raises:
        NoSuchAccountError: nobody has this id.
    """
    account = await accounts.get(tx, account_id)
    code = new_code()
    now = instant()
    await store.put_invitation(
        tx, hash_code(code), account.account_id, now=now, until=now + lifetime
    )
    await audit.record(tx, by=by, action="web.account.invite", subject=str(account_id))
    return code


async def take(tx: Tx, ceremony_id: UUID, purpose: Purpose) -> Ceremony:
    """Take out the question that an answer belongs to; it counts once.

    Raises:
        NotProvenError: unknown, answered before, for something else, or too old.
    """
    ceremony = await store.take_ceremony(tx, ceremony_id)
    if ceremony is None or ceremony.purpose is not purpose or ceremony.expires_at <= instant():
        raise not_proven("確認の手続が時間切れか、すでに使われています")
    return ceremony


async def finish_sign_in(
    tx: Tx,
    authenticator: Authenticator,
    ceremony: Ceremony,
    answer: dict[str, Any],
    *,
    previous: Session | None,
    path: str,
) -> SignedIn:
    """Open a session for whom the answer proves.

    Raises:
        NotProvenError: it proves nobody.
        SuspectPasskeyError: a copy of the passkey may exist.
    """
    account = await authenticator.finish(tx, ceremony, answer)
    return await open_for(tx, account, previous=previous, path=path, method="passkey")


async def open_for(
    tx: Tx, account: Account, *, previous: Session | None, path: str, method: str
) -> SignedIn:
    """Open a session, and end the one that the browser had before.

    The same person who unlocks returns to the page they were at.
    """
    if previous is not None:
        await sessions.close(tx, previous.key)
        if previous.locked and previous.account.account_id == account.account_id:
            path = previous.return_path or path
        elif previous.locked:
            path = "/"
    token = await sessions.open_session(tx, account, method=method)
    await _enter(tx, account)
    await audit.record(
        tx,
        by=account.principal().actor,
        action="web.sign-in",
        subject=str(account.account_id),
        facts={"method": method},
    )
    return SignedIn(token, path)


async def sign_out(tx: Tx, session: Session) -> None:
    """End a session at the person's wish."""
    await sessions.close(tx, session.key)
    await _enter(tx, session.account)
    await audit.record(
        tx,
        by=session.principal.actor,
        action="web.sign-out",
        subject=str(session.account.account_id),
    )


async def begin_enrolment(tx: Tx, passkeys: Passkeys, code: str) -> Question:
    """Ask the device of an invited person for a passkey.

    Raises:
        BadInvitationError: the code is wrong, used or too old.
    """
    account_id = await store.invited(tx, hash_code(code), instant())
    if account_id is None:
        raise _bad_invitation()
    account = await accounts.get(tx, account_id)
    if account.state is not AccountState.ACTIVE:
        raise _bad_invitation()
    return await passkeys.begin_enrolment(
        tx,
        account,
        Purpose.ENROL,
        known=await store.passkeys(tx, account_id),
        code_hash=hash_code(code),
    )


async def finish_enrolment(
    tx: Tx,
    passkeys: Passkeys,
    ceremony: Ceremony,
    answer: dict[str, Any],
    *,
    label: str,
    previous: Session | None,
) -> SignedIn:
    """Keep an invited person's passkey, use the invitation up, and sign them in.

    Raises:
        BadInvitationError: the code was used meanwhile.
        NotProvenError: the device's answer does not fit.
    """
    if ceremony.code_hash is None or ceremony.account_id is None:
        raise _bad_invitation()
    if not await store.use_invitation(tx, ceremony.code_hash, instant()):
        raise _bad_invitation()
    await passkeys.finish_enrolment(tx, ceremony, answer, label=label)
    account = await accounts.get(tx, ceremony.account_id)
    await _record_passkey(tx, account, "web.passkey.add")
    return await open_for(tx, account, previous=previous, path="/", method="passkey")


async def begin_addition(tx: Tx, passkeys: Passkeys, account: Account) -> Question:
    """Ask a signed-in person's device for a further passkey."""
    known = await store.passkeys(tx, account.account_id)
    return await passkeys.begin_enrolment(tx, account, Purpose.ADD, known=known)


async def finish_addition(
    tx: Tx,
    passkeys: Passkeys,
    ceremony: Ceremony,
    answer: dict[str, Any],
    *,
    account: Account,
    label: str,
) -> None:
    """Keep a further passkey.

    Raises:
        NotProvenError: the question was another person's, or the answer does not fit.
    """
    if ceremony.account_id != account.account_id:
        raise not_proven("別の人の手続です")
    await passkeys.finish_enrolment(tx, ceremony, answer, label=label)
    await _record_passkey(tx, account, "web.passkey.add")


async def revoke(tx: Tx, account: Account, name: str) -> None:
    """Revoke one of a person's own passkeys, and end their other sessions.

    Raises:
        NoSuchPasskeyError: the account has no such passkey.
        LastPasskeyError: it is the last one that works.
    """
    own = await store.passkeys(tx, account.account_id)
    wanted = next((passkey for passkey in own if passkey.name == name), None)
    if wanted is None or wanted.state == "revoked":
        raise NoSuchPasskeyError(
            "このパスキーはあなたのアカウントにありません。一覧を開き直してください。"
        )
    working = [passkey for passkey in own if passkey.state == "active"]
    if working == [wanted]:
        raise LastPasskeyError(
            "これは使える最後のパスキーです。取り消すとサインインできなくなります。"
            "先に別のパスキーを追加してください。"
        )
    await store.set_passkey_state(tx, wanted.credential_id, "revoked")
    await _record_passkey(tx, account, "web.passkey.revoke")


async def mark_suspect(tx: Tx, name: str, credential_id: bytes) -> None:
    """Stop a passkey that may have been copied, and end all sessions of its account."""
    passkey = await store.lock_passkey(tx, credential_id)
    if passkey is None or passkey.state != "active":
        return
    await store.set_passkey_state(tx, credential_id, "suspect")
    await sessions.close_all(tx, passkey.account_id)
    await audit.record(
        tx,
        by=audit.SYSTEM,
        action="web.passkey.suspect",
        subject=str(passkey.account_id),
        facts={"passkey": name},
    )


async def own_passkeys(tx: Tx, account: Account) -> list[Passkey]:
    """All passkeys of a person, oldest first."""
    return await store.passkeys(tx, account.account_id)


async def persona(tx: Tx, account_id: str) -> Account:
    """One persona of a rehearsal, by the id that the list shows.

    Raises:
        NoSuchPersonaError: the account is none.
    """
    account = next(
        (found for found in await accounts.personas(tx) if str(found.account_id) == account_id),
        None,
    )
    if account is None:
        raise NoSuchPersonaError(
            "その登場人物はいません。一覧を開き直し、表示されている人から選んでください。"
        )
    return account


async def set_account_state(
    tx: Tx, account_id: UUID, state: AccountState, *, by: Actor, reason: str
) -> Account:
    """Suspend, close or open an account; its sessions end at once.

    Raises:
        NoSuchAccountError: nobody has this id.
    """
    account = await accounts.set_state(tx, account_id, state)
    await audit.record(
        tx,
        by=by,
        action="web.account.state",
        subject=str(account_id),
        reason=reason,
        facts={"state": str(state)},
    )
    return account


async def _enter(tx: Tx, account: Account) -> None:
    """In the town tier, let the audit row belong to the account's town."""
    if account.municipality is not None:
        await enter_town(tx, account.municipality)


async def _record_passkey(tx: Tx, account: Account, action: str) -> None:
    await _enter(tx, account)
    await audit.record(
        tx, by=account.principal().actor, action=action, subject=str(account.account_id)
    )


def _bad_invitation() -> BadInvitationError:
    return BadInvitationError(
        "登録コードが違うか、使用済みか、期限が切れています。書き間違いを確かめ、"
        "使えないときは管理者に新しいコードを依頼してください。"
    )
