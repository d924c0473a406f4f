"""The nation's use cases: hand out stocks of 住民票コード, make 個人番号."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jukinet import hashing
from jichitai.jukinet.errors import InvalidMessageError, NumberExhaustedError, WrongOriginError
from jichitai.jukinet.messages import M10, M10R, M11, M12, decode
from jichitai.jukinet.network.notice import open_numbers
from jichitai.jukinet.node import Node
from jichitai.jukinet.numbers import store
from jichitai.jukinet.numbers.model import ATTEMPTS, derive_number, draw_code
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode
from jichitai.kernel.parties import NATION, Party

_ROUNDS: Final = 20


async def allot_codes(
    tx: Tx, node: Node, municipality: str, wanted: int, *, request_id: UUID | None = None
) -> UUID:
    """Send a town a stock of codes that nobody in the nation has or had (M10).

    Args:
        tx: of the nation.
        node: this process.
        municipality: the town.
        wanted: 1 to 10,000.
        request_id: of the M10R it answers; the same request is answered once.

    Returns:
        The id of the batch.

    Raises:
        NumberExhaustedError: the random draw did not find enough free codes.

    Source: 住民基本台帳法 第30条の2.
    """
    if request_id is not None and (known := await store.batch_of(tx, request_id)) is not None:
        return known
    batch_id, at = uuid4(), node.clock.now()
    codes: list[str] = []
    for _ in range(_ROUNDS):
        drawn = {draw_code(secrets.randbelow).reveal() for _ in range(wanted - len(codes))}
        by_hash = {hashing.code_hash(node.keys.network_blind, code): code for code in drawn}
        free = await store.reserve_codes(
            tx, list(by_hash), municipality=municipality, batch_id=batch_id, at=at
        )
        codes += [code for code_hash, code in by_hash.items() if code_hash in free]
        if len(codes) == wanted:
            break
    else:
        raise NumberExhaustedError("空いている住民票コードを必要な数だけ選べませんでした。")
    await store.save_batch(
        tx,
        batch_id=batch_id,
        municipality=municipality,
        request_id=request_id,
        codes=len(codes),
        at=at,
    )
    stock = M10(batch_id=batch_id, request_id=request_id, municipality=municipality, codes=codes)
    await node.send(tx, NATION, Party.town(municipality), stock)
    return batch_id


async def receive_code_requests(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """Answer M10R with M10."""
    for received in batch:
        body = decode(received.kind, received.version, received.body)
        if not isinstance(body, M10R):
            raise InvalidMessageError("住民票コードの補充要求ではありません。")
        _check_origin(received, body.municipality)
        await allot_codes(tx, node, body.municipality, body.wanted, request_id=body.request_id)


async def receive_number_requests(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """Answer M11 with M12; the same request or the same code gets the same number."""
    for received in batch:
        body = decode(received.kind, received.version, received.body)
        if not isinstance(body, M11):
            raise InvalidMessageError("個人番号の生成・変更要求ではありません。")
        _check_origin(received, body.municipality)
        number = await number_for(tx, node, body)
        answer = M12(
            request_id=body.request_id,
            municipality=body.municipality,
            juki_code=body.juki_code,
            my_number=number,
            changed=body.change,
        )
        await node.send(tx, NATION, received.origin, answer)


async def number_for(tx: Tx, node: Node, request: M11) -> str:
    """The number that answers a request.

    Raises:
        InvalidMessageError: the code is wrong.
        NumberExhaustedError: no free number within the allowed attempts.

    Source: 番号法 第7条第2項, 第8条.
    """
    _check_code(request.juki_code)
    if (number_hash := await store.request_known(tx, request.request_id)) is not None:
        sealed = await store.sealed_number(tx, number_hash)
        if sealed is not None:
            return _open(node, sealed, number_hash)
    code_hash = hashing.code_hash(node.keys.network_blind, request.juki_code)
    await _one_at_a_time(tx, code_hash)
    made = await store.issued(tx, [code_hash])
    if made is not None:
        if not request.change:
            return _open(node, made.sealed, made.number_hash)
        await store.withdraw(tx, made.number_hash)
    elif not request.change and (number := await _on_record(tx, node, code_hash)) is not None:
        return number
    return await _make(tx, node, request, code_hash)


async def _on_record(tx: Tx, node: Node, code_hash: bytes) -> str | None:
    """The number that the person's record shows already."""
    known = await store.person_number(tx, code_hash)
    if known is None or known[2] is None:
        return None
    return open_numbers(node.keys.columns, known[1], known[0])[1]


async def _make(tx: Tx, node: Node, request: M11, code_hash: bytes) -> str:
    secret = hmac.new(node.keys.blind.key, b"my-number", hashlib.sha256).digest()
    first, at = await store.counters_used(tx, code_hash), node.clock.now()
    for counter in range(first, first + ATTEMPTS):
        number = derive_number(secret, request.juki_code, counter).reveal()
        number_hash = hashing.number_hash(node.keys.network_blind, number)
        sealed = node.keys.columns.seal(number.encode(), number_hash)
        if await store.issue(
            tx,
            number_hash=number_hash,
            code_hash=code_hash,
            counter=counter,
            sealed=sealed,
            at=at,
        ):
            await store.save_request(tx, request.request_id, request.municipality, number_hash, at)
            return number
    raise NumberExhaustedError(
        "空いている個人番号が見つかりませんでした。運用担当に連絡してください。"
    )


async def _one_at_a_time(tx: Tx, code_hash: bytes) -> None:
    """Two requests for one code wait for each other."""
    key = int.from_bytes(code_hash[:8], "big", signed=True)
    await tx.execute("select pg_advisory_xact_lock(%s)", (key,))


def _open(node: Node, sealed: bytes, number_hash: bytes) -> str:
    return node.keys.columns.open(sealed, number_hash).decode()


def _check_code(code: str) -> None:
    try:
        JukiCode(code)
    except InvalidError as error:
        raise InvalidMessageError(f"個人番号の要求に誤りがあります。{error.detail}") from None


def _check_origin(received: Received, municipality: str) -> None:
    if received.origin != Party.town(municipality):
        raise WrongOriginError(
            "署名した団体と、要求の市区町村が違います。", origin=str(received.origin)
        )
