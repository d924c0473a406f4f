"""Our verifier: it asks a phone for a named set of items, once, and keeps what it is shown for minutes.

An answer uses the request up before anything in it is looked at; the browser that asked sees the
result only with the code that its own wallet brought back.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

import cbor2
from joserfc.jwk import ECKey

from jichitai.infra.database import Tx
from jichitai.jpki.phone import openid4vp, store
from jichitai.jpki.phone.authority import PhoneAuthority, roots_of
from jichitai.jpki.phone.elements import Element, Query
from jichitai.jpki.phone.issuing import STATUS_PATH, Desk
from jichitai.jpki.phone.mdoc import StatusEntry
from jichitai.jpki.phone.openid4vp import Session
from jichitai.jpki.phone.refusals import (
    PresentationOverError,
    UnknownPresentationError,
    UnreadableResponseError,
)
from jichitai.jpki.phone.status_list import StatusList, revoked, unavailable
from jichitai.jpki.phone.store import PresentationRow
from jichitai.jpki.phone.verify import Expected, Presented, verify
from jichitai.kernel.errors import JichitaiError

LIFE: Final = timedelta(minutes=10)
CHECK_PATH: Final = "/jpki/phone/check"
WALLET_SCHEME: Final = "openid4vp://authorize"


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that waits for a wallet.

    Attributes:
        number: of the request.
        browser: secret for the browser's cookie.
    """

    number: UUID
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A request as its browser sees it.

    Attributes:
        number: of the request.
        query: what was asked.
        state: waiting, received, accepted or refused.
        detail: why it was refused.
        refusal: type of the refusal.
        shown: element name -> value, only when accepted.
        until: end of the request, and of what was shown.
    """

    number: UUID
    query: Query
    state: str
    detail: str
    refusal: str
    shown: Mapping[Element, Any]
    until: datetime


async def begin(tx: Tx, desk: Desk, query: Query) -> Begun:
    """Make a request for one browser."""
    authority = await PhoneAuthority.load(tx, desk.vault)
    number, browser = uuid4(), secrets.token_urlsafe(32)
    key = openid4vp.new_key(str(number))
    secret = {"key": key.as_dict(private=True), "state": secrets.token_urlsafe(24)}
    now = _now()
    await store.add_presentation(
        tx,
        PresentationRow(
            presentation_id=number,
            browser_hash=_hash(browser),
            query=query.value,
            client_id=openid4vp.client_id(authority.reader.certificate),
            nonce=secrets.token_urlsafe(24),
            sealed=desk.keys.columns.seal(json.dumps(secret).encode(), number.bytes),
            state="waiting",
            refusal=None,
            detail=None,
            shown=None,
            code_hash=None,
            made_at=now,
            expires_at=now + LIFE,
        ),
    )
    return Begun(number, browser)


def links(desk: Desk, number: UUID, client_id: str) -> tuple[str, str]:
    """How a wallet is called: on a phone, and the rehearsal's wallet on this computer."""
    query = urlencode({"client_id": client_id, "request_uri": _address(desk, number, "request")})
    return f"{WALLET_SCHEME}?{query}", f"{desk.wallet}/authorize?{query}"


async def request_object(tx: Tx, desk: Desk, number: UUID) -> str:
    """The signed request for a wallet.

    Raises:
        UnknownPresentationError: there is none.
        PresentationOverError: it was answered, or its time is over.
    """
    row = _waiting(await store.presentation(tx, number))
    authority = await PhoneAuthority.load(tx, desk.vault)
    key, state = _secrets(desk, row)
    return openid4vp.make_request(
        _session(desk, row, key),
        state=state,
        elements=Query(row.query).elements,
        key=key,
        reader=authority.reader.certificate,
        reader_key=authority.reader.key,
        now=int(time.time()),
    )


async def receive(tx: Tx, number: UUID, response: str) -> PresentationRow:
    """Use a request up; commit before the answer is opened.

    Raises:
        UnknownPresentationError: there is none.
        PresentationOverError: it was answered, or its time is over.
        UnreadableResponseError: the response names another request.
    """
    row = _waiting(await store.presentation(tx, number, lock=True))
    if openid4vp.response_kid(response) != str(number):
        raise UnreadableResponseError(
            "別の求めの鍵で暗号化された答えです。この求めには使えません。"
            "確認をはじめからやり直してください。"
        )
    await store.mark_received(tx, number)
    return row


async def judge(
    tx: Tx, desk: Desk, row: PresentationRow, response: str
) -> tuple[str, JichitaiError | None]:
    """Check an answer and write down how it ended.

    Returns:
        Where the wallet sends its person back to, and the refusal if there was one. A refusal is
        not raised here, so that what was written down stays.
    """
    code = secrets.token_urlsafe(24)
    refusal: JichitaiError | None = None
    shown: bytes | None = None
    try:
        found = await _checked(tx, desk, row, response)
        shown = desk.keys.columns.seal(_packed(found.elements), row.presentation_id.bytes)
    except JichitaiError as error:
        refusal = error
    await store.finish(
        tx,
        row.presentation_id,
        state="refused" if refusal else "accepted",
        code=_hash(code),
        refusal=refusal.type if refusal else None,
        detail=refusal.detail if refusal else None,
        shown=shown,
    )
    query = urlencode({"code": code})
    return f"{desk.origin}{CHECK_PATH}/{row.presentation_id}?{query}", refusal


async def result(tx: Tx, desk: Desk, number: UUID, *, browser: str, code: str) -> Result:
    """What the browser that asked may see.

    Raises:
        UnknownPresentationError: another browser, another code, or nothing there.
    """
    row = await store.presentation(tx, number)
    if row is None or row.expires_at < _now():
        raise _unknown()
    if not secrets.compare_digest(row.browser_hash, _hash(browser)):
        raise _unknown()
    ended = row.state in {"accepted", "refused"}
    brought = (
        ended and row.code_hash is not None and secrets.compare_digest(row.code_hash, _hash(code))
    )
    if code and not brought:
        raise _unknown()
    shown: Mapping[Element, Any] = {}
    if row.shown is not None and brought:
        shown = _unpacked(desk.keys.columns.open(row.shown, number.bytes))
    return Result(
        number=number,
        query=Query(row.query),
        state=row.state if brought or not ended else "received",
        detail=(row.detail or "") if brought else "",
        refusal=(row.refusal or "") if brought else "",
        shown=shown,
        until=row.expires_at,
    )


async def client_of(tx: Tx, number: UUID) -> str:
    """The verifier's name in a request.

    Raises:
        UnknownPresentationError: there is none.
    """
    row = await store.presentation(tx, number)
    if row is None:
        raise _unknown()
    return row.client_id


async def status_token(tx: Tx, desk: Desk, number: int) -> str:
    """The signed status list of a number.

    Raises:
        UnknownPresentationError: no credential stands in this list.
    """
    newest, taken = await store.fullest_list(tx)
    if number > newest or not taken:
        raise UnknownPresentationError(
            "この番号の失効の一覧はありません。証明に書かれた場所を確かめてください。"
        )
    authority = await PhoneAuthority.load(tx, desk.vault)
    listed = StatusList.of(await store.ended(tx, number))
    return listed.token(
        f"{desk.origin}{STATUS_PATH}/{number}",
        signer=authority.signer.certificate,
        signer_key=authority.signer.key,
        at=desk.clock.now(),
    )


async def sweep(tx: Tx) -> int:
    """Erase requests whose time is over, with all that was shown; how many."""
    return await store.forget(tx, _now())


async def _checked(tx: Tx, desk: Desk, row: PresentationRow, response: str) -> Presented:
    key, state = _secrets(desk, row)
    opened = openid4vp.read_response(response, key, state=state)
    earlier = await store.earlier(tx, row)
    expected = Expected(
        session=_session(desk, row, key),
        elements=Query(row.query).elements,
        earlier=(_session(desk, one, _secrets(desk, one)[0]) for one in earlier),
    )

    async def status(entry: StatusEntry) -> None:
        await _check_record(tx, desk, entry)

    return await verify(
        opened, expected, roots=await roots_of(tx), at=desk.clock.now(), status=status
    )


async def _check_record(tx: Tx, desk: Desk, entry: StatusEntry) -> None:
    """Status from our own record: nothing is older than this transaction."""
    prefix = f"{desk.origin}{STATUS_PATH}/"
    number = entry.uri.removeprefix(prefix)
    if not entry.uri.startswith(prefix) or not number.isdecimal() or len(number) > 9:
        raise unavailable()
    found = await store.in_force(tx, int(number), entry.index)
    if found is None:
        raise unavailable()
    if not found:
        raise revoked()


def _session(desk: Desk, row: PresentationRow, key: ECKey) -> Session:
    return Session(
        row.client_id,
        row.nonce,
        openid4vp.key_thumbprint(key),
        _address(desk, row.presentation_id, "answer"),
    )


def _address(desk: Desk, number: UUID, what: str) -> str:
    return f"{desk.origin}/jpki/phone/presentations/{number}/{what}"


def _secrets(desk: Desk, row: PresentationRow) -> tuple[ECKey, str]:
    opened = json.loads(desk.keys.columns.open(row.sealed, row.presentation_id.bytes))
    return ECKey.import_key(opened["key"]), str(opened["state"])


def _waiting(row: PresentationRow | None) -> PresentationRow:
    if row is None:
        raise _unknown()
    if row.state != "waiting" or row.expires_at < _now():
        raise PresentationOverError(
            "この求めにはもう答えがあったか、時間が過ぎています。使い回しを防ぐため受け付けません。"
            "確認をはじめからやり直してください。"
        )
    return row


def _packed(elements: Mapping[Element, Any]) -> bytes:
    return cbor2.dumps([[one.space, one.name, value] for one, value in elements.items()])


def _unpacked(data: bytes) -> dict[Element, Any]:
    return {Element(space, name): value for space, name, value in cbor2.loads(data)}


def _unknown() -> UnknownPresentationError:
    return UnknownPresentationError(
        "この確認の求めは見つかりません。別のブラウザーで始めたか、時間が過ぎて消えています。"
        "確認をはじめからやり直してください。"
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
