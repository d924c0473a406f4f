"""Codes are handed out once; numbers are made once, and cannot be guessed."""

from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Received
from jichitai.jukinet.errors import InvalidMessageError, NumberExhaustedError, WrongOriginError
from jichitai.jukinet.messages import M10, M10R, M11, M12
from jichitai.jukinet.network import service as network
from jichitai.jukinet.numbers import service
from jichitai.jukinet.numbers.model import derive_number, draw_code
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.parties import NATION, Party
from tests.jukinet.network_builders import (
    A,
    B,
    code,
    identity,
    node,
    notice,
    number,
    received,
    rows,
)


async def sent(tx: Tx, keys: Keys) -> list[bytes]:
    found = await rows(
        tx, "select message_id, kind, body from infra.outbox order by receiver, number"
    )
    return [keys.network.open(body, f"{kind}|{name}".encode()) for name, kind, body in found]


async def answers(tx: Tx, keys: Keys) -> list[M12]:
    return [msgspec.json.decode(body, type=M12) for body in await sent(tx, keys)]


def ask(
    serial: int = 1, *, change: bool = False, request_id: UUID | None = None, town: str = A
) -> Received:
    body = M11(
        request_id=request_id or uuid4(), municipality=town, juki_code=code(serial), change=change
    )
    return received(body, origin=Party.town(town))


async def test_a_stock_holds_valid_codes_that_nobody_else_gets(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    for town in (A, B):
        await service.allot_codes(nation_tx, node(keys, clock), town, 200)
    stocks = [msgspec.json.decode(body, type=M10) for body in await sent(nation_tx, keys)]
    codes = [one for stock in stocks for one in stock.codes]
    assert len(set(codes)) == 400
    for one in codes:
        JukiCode(one)


async def test_a_repeated_request_for_codes_is_answered_once(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    request = M10R(request_id=uuid4(), municipality=A, wanted=5, left=0)
    message = received(request, origin=Party.town(A))
    await service.receive_code_requests(nation_tx, node(keys, clock), [message])
    await service.receive_code_requests(nation_tx, node(keys, clock), [message])
    assert len(await sent(nation_tx, keys)) == 1
    with pytest.raises(WrongOriginError):
        forged = received(request, origin=Party.town(B))
        await service.receive_code_requests(nation_tx, node(keys, clock), [forged])


async def test_codes_in_use_are_not_handed_out(
    nation_tx: Tx, keys: Keys, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await network.receive_notices(
        nation_tx, node(keys, clock), [received(notice(), origin=Party.town(A))]
    )
    monkeypatch.setattr(service, "draw_code", lambda _: JukiCode(code(1)))
    with pytest.raises(NumberExhaustedError):
        await service.allot_codes(nation_tx, node(keys, clock), B, 1)


async def test_one_code_has_one_number_however_often_it_is_asked_for(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    same = ask()
    for request in (same, same, ask()):
        await service.receive_number_requests(nation_tx, node(keys, clock), [request])
    numbers = {answer.my_number for answer in await answers(nation_tx, keys)}
    assert len(numbers) == 1
    MyNumber(numbers.pop())


async def test_a_change_makes_another_number_and_the_code_stays(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    await service.receive_number_requests(nation_tx, node(keys, clock), [ask()])
    again = ask(change=True)
    await service.receive_number_requests(nation_tx, node(keys, clock), [again, again, ask()])
    first, second, third, fourth = (a.my_number for a in await answers(nation_tx, keys))
    assert first != second == third == fourth
    assert len(await rows(nation_tx, "select * from jukinet.issued_number where current")) == 1


async def test_a_person_who_has_a_number_keeps_it_after_a_code_change(
    nation_tx: Tx, keys: Keys, clock: FixedClock
) -> None:
    changed = identity(1, juki_code=code(9))
    batch = [
        received(notice(A, 1), origin=Party.town(A)),
        received(
            notice(A, 2, "correction", who=changed, previous_code=code(1)), origin=Party.town(A)
        ),
    ]
    await network.receive_notices(nation_tx, node(keys, clock), batch)
    await service.receive_number_requests(nation_tx, node(keys, clock), [ask(9), ask(1)])
    assert [a.my_number for a in await answers(nation_tx, keys)] == [number(1)] * 2


async def test_a_taken_number_is_passed_over(
    nation_tx: Tx, keys: Keys, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(secret: bytes, code: str, counter: int) -> MyNumber:
        return MyNumber.from_body(counter // 3)

    monkeypatch.setattr(service, "derive_number", always)
    await service.receive_number_requests(nation_tx, node(keys, clock), [ask(1), ask(2), ask(3)])
    assert len({a.my_number for a in await answers(nation_tx, keys)}) == 3


async def test_a_wrong_code_is_refused(nation_tx: Tx, keys: Keys, clock: FixedClock) -> None:
    body = M11(request_id=uuid4(), municipality=A, juki_code="12345678900")
    with pytest.raises(InvalidMessageError):
        await service.receive_number_requests(
            nation_tx, node(keys, clock), [received(body, origin=Party.town(A), sender=NATION)]
        )


@given(st.integers(0, 10**10 - 1), st.integers(0, 50))
def test_a_derived_number_is_valid_and_repeatable(body: int, counter: int) -> None:
    made = derive_number(b"secret", f"{body:010d}0", counter)
    assert MyNumber(made.reveal()) == derive_number(b"secret", f"{body:010d}0", counter)
    assert made != derive_number(b"secret", f"{body:010d}0", counter + 1)


def test_ambiguous_bodies_are_passed_over() -> None:
    bodies = iter([3141592653, 1234567890])
    assert draw_code(lambda _: next(bodies)).reveal() == "12345678903"
