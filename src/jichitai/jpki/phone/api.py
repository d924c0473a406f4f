"""Calls of wallets: ask for a credential, read a verifier's request, answer it; and status lists."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, URLEncodedBody
from litestar.types import ControllerRouterHandler

from jichitai.jpki.phone import issuing, presenting
from jichitai.jpki.phone.issuing import Application, Challenge, Desk, Issued
from jichitai.jpki.phone.openid4vp import REQUEST_TYPE
from jichitai.jpki.phone.refusals import UnreadableResponseError
from jichitai.jpki.phone.status_list import LIFE, MEDIA_TYPE
from jichitai.web.inject import Db, Given
from jichitai.web.limits import Rate
from jichitai.web.rights import PUBLIC

PhoneDesk = Given[Desk]

_TAGS: Final = ["phone"]
_NO_STORE: Final = {"cache-control": "no-store"}
_WALLET: Final[dict[str, Any]] = {"roles": PUBLIC, "csrf": False, "rate": Rate(120, 60)}


class Answered(msgspec.Struct, frozen=True):
    """What a verifier answers a wallet (OpenID for Verifiable Presentations 1.0, section 8.2)."""

    redirect_uri: str


@post(
    "/api/v1/jpki/phone/challenges",
    opt=_WALLET,
    status_code=201,
    summary="A challenge for the card (カード代替電磁的記録の発行申請)",
    tags=_TAGS,
)
async def challenge(db: Db, phones: PhoneDesk) -> Response[Challenge]:
    """Signed by the card within ten minutes, once."""
    async with db.transaction() as tx:
        given = await issuing.give_challenge(tx, phones)
    return Response(given, headers=_NO_STORE)


@post(
    "/api/v1/jpki/phone/credentials",
    opt=_WALLET,
    status_code=201,
    request_max_body_size=128 * 1024,
    summary="A credential for the phone, asked for with the card's signature",
    tags=_TAGS,
)
async def credential(data: JSONBody[Application], db: Db, phones: PhoneDesk) -> Response[Issued]:
    """An earlier credential of the same person ends.

    Source: 番号法 第18条の2.
    """
    async with db.transaction() as tx:
        told = await issuing.use_challenge(tx, data)
    async with db.transaction() as tx:
        issued = await issuing.issue(tx, phones, data, told)
    return Response(issued, headers=_NO_STORE)


@get(
    "/jpki/phone/presentations/{number:uuid}/request",
    opt=_WALLET,
    summary="The verifier's signed request",
    tags=_TAGS,
    media_type=f"application/{REQUEST_TYPE}",
)
async def request_object(number: FromPath[UUID], db: Db, phones: PhoneDesk) -> Response[bytes]:
    """Source: OpenID for Verifiable Presentations 1.0 5; RFC 9101."""
    async with db.transaction(read_only=True) as tx:
        text = await presenting.request_object(tx, phones, number)
    return Response(text.encode(), media_type=f"application/{REQUEST_TYPE}", headers=_NO_STORE)


@post(
    "/jpki/phone/presentations/{number:uuid}/answer",
    opt=_WALLET,
    status_code=200,
    request_max_body_size=512 * 1024,
    summary="The wallet's encrypted response (direct_post.jwt)",
    tags=_TAGS,
)
async def answer(
    number: FromPath[UUID],
    data: URLEncodedBody[dict[str, Any]],
    db: Db,
    phones: PhoneDesk,
) -> Response[Answered]:
    """A refusal also says where the wallet's person goes on to read why.

    Source: OpenID for Verifiable Presentations 1.0 8.2, 8.3.1.
    """
    response = data.get("response")
    if not isinstance(response, str):
        raise UnreadableResponseError(
            "答えに response がありません。direct_post.jwt の形で送ってください。"
        )
    async with db.transaction() as tx:
        row = await presenting.receive(tx, number, response)
    async with db.transaction() as tx:
        onward, refusal = await presenting.judge(tx, phones, row, response)
    if refusal is not None:
        refusal.facts["redirect_uri"] = onward
        raise refusal
    return Response(Answered(onward), headers=_NO_STORE)


@get(
    "/jpki/phone/status/{number:int}",
    opt={"roles": PUBLIC},
    summary="Which credentials of a list have ended (Token Status List)",
    tags=_TAGS,
    media_type=MEDIA_TYPE,
)
async def status(number: FromPath[int], db: Db, phones: PhoneDesk) -> Response[bytes]:
    """A signed list of 65,536 bits.

    Source: IETF Token Status List 8.
    """
    async with db.transaction(read_only=True) as tx:
        token = await presenting.status_token(tx, phones, number)
    age = {"cache-control": f"public, max-age={int(LIFE.total_seconds()) // 3}"}
    return Response(token.encode(), media_type=MEDIA_TYPE, headers=age)


API_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    challenge,
    credential,
    request_object,
    answer,
    status,
)
