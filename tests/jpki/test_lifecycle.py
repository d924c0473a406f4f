"""Certificates at the nation follow notices, reports and the calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.jpki.errors import UnknownCertificateError
from jichitai.jpki.kinds import Cause, CertificateKind, Medium
from jichitai.jpki.lifecycle import reporting, worker
from jichitai.jpki.lifecycle.errors import NotResidentError, UnreportableCauseError
from jichitai.jpki.lifecycle.watching import Watcher
from jichitai.jpki.messages import J03
from jichitai.jukinet.errors import UnknownPersonError, WrongOriginError
from jichitai.jukinet.messages import M01
from jichitai.jukinet.network import service
from jichitai.jukinet.node import Node
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import Party
from tests.jpki.certified import BOTH, CHIP, certify, states
from tests.jukinet.network_builders import A, C, code, identity, notice, received, rows

SIGNING, USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH
OLD, NEW = date(2020, 4, 1), date(2026, 11, 18)
VALID = ("valid", None)
MOVED = identity(address="南一条西三丁目5番")

LEFT = notice(A, 2, "deletion", since=OLD, changed_on="2026-11-20")


@pytest.fixture
def nation(keys: Keys, clock: FixedClock) -> Node:
    plain = Node(keys, Outbox(keys.network, clock), clock)
    return Node(keys, plain.outbox, clock, watchers=(Watcher(plain),))


async def take(tx: Tx, nation: Node, *notices: M01) -> None:
    batch = [received(m, origin=Party.town(m.municipality)) for m in notices]
    await service.receive_notices(tx, nation, batch)


async def told(tx: Tx) -> list[tuple[Any, ...]]:
    """Receivers of J04, each once for a certificate."""
    return await rows(
        tx, "select receiver from infra.outbox where kind = 'J04' order by receiver, number"
    )


def report(cause: Cause = Cause.LOSS, **values: Any) -> J03:
    fields: dict[str, Any] = {
        "request_id": "6b9d2a80-3f7b-4f9f-9d0f-1df1a3f0c001",
        "municipality": A,
        "juki_code": code(1),
        "cause": cause,
        "kinds": BOTH,
        "at": datetime(2026, 11, 20, 0, 30, tzinfo=UTC),
    }
    return J03(**{**fields, **values})


async def test_a_move_ends_the_signing_certificate_and_tells_the_town(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await take(nation_tx, nation, notice(A, 2, "correction", since=OLD, who=MOVED))
    assert await states(nation_tx) == {"signing": ("revoked", "changed"), "user-auth": VALID}
    assert await told(nation_tx) == [(f"town-{A}",)]
    [(reason, municipality, at)] = await rows(
        nation_tx, "select reason, municipality, revoked_at from jpki.revocation"
    )
    assert (reason, municipality) == ("affiliationChanged", A)
    assert at == nation.clock.now()


async def test_persons_without_certificates_and_unchanged_items_cost_nothing(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD), notice(A, 2, who=identity(2)))
    await certify(nation_tx, keys, code(1))
    await take(
        nation_tx,
        nation,
        notice(A, 3, "correction", since=OLD, who=identity(kana="ミホン　ハナ")),
        notice(A, 4, "correction", who=identity(2, address="北二条")),
    )
    assert await states(nation_tx) == {"signing": VALID, "user-auth": VALID}
    assert await told(nation_tx) == []


async def test_moving_to_another_town_ends_signing_whichever_town_is_heard_first(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD), notice(A, 2, since=OLD, who=identity(2)))
    await certify(nation_tx, keys, code(1))
    await certify(nation_tx, keys, code(2))
    await take(nation_tx, nation, notice(C, 5, since=NEW))
    await take(nation_tx, nation, notice(A, 3, "deletion", since=OLD))
    gone = notice(A, 4, "deletion", since=OLD, who=identity(2))
    await take(nation_tx, nation, gone, notice(C, 6, since=NEW, who=identity(2)))
    found = await rows(
        nation_tx,
        "select kind, state, cause, lapse_on from jpki.certificate order by kind, state",
    )
    assert (
        found
        == [("signing", "revoked", "moved-out", None)] * 2
        + [("user-auth", "valid", None, None)] * 2
    )


@pytest.mark.parametrize(
    ("hour", "ended"),
    [(datetime(2026, 12, 20, 23, 59, 59), 0), (datetime(2026, 12, 21, 0, 0, 0), 1)],  # noqa: DTZ001
)
async def test_user_authentication_lapses_when_thirty_days_pass_in_japan(
    nation_tx: Tx, nation: Node, keys: Keys, hour: datetime, ended: int
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await take(nation_tx, nation, LEFT)
    assert await rows(
        nation_tx, "select lapse_on from jpki.certificate where kind = 'user-auth'"
    ) == [(date(2026, 12, 20),)]
    later = FixedClock(hour.replace(tzinfo=JST))
    node = Node(keys, Outbox(keys.network, later), later)
    assert await worker.lapse_overdue(nation_tx, node) == ended
    assert (await states(nation_tx))["user-auth"] == (
        ("revoked", "not-moved-in") if ended else VALID
    )
    if ended:
        [(at,)] = await rows(
            nation_tx, "select revoked_at from jpki.revocation where cause = 'not-moved-in'"
        )
        assert at == datetime(2026, 12, 21, tzinfo=JST)
        assert await worker.lapse_overdue(nation_tx, node) == 0


async def test_a_cancelled_arrival_starts_the_thirty_days_anew(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await take(nation_tx, nation, LEFT)
    await take(nation_tx, nation, notice(C, 5, since=NEW))
    await take(nation_tx, nation, notice(C, 6, "deletion", since=NEW, reversal=True))
    assert (await states(nation_tx))["user-auth"] == VALID
    assert await rows(
        nation_tx, "select lapse_on from jpki.certificate where kind = 'user-auth'"
    ) == [(date(2026, 12, 20),)]


async def test_a_death_ends_both_and_those_in_the_phone(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await certify(nation_tx, keys, code(1), medium=Medium.PHONE)
    await take(nation_tx, nation, notice(A, 2, "deletion", since=OLD, net_reason="N05"))
    assert set((await states(nation_tx)).values()) == {("revoked", "deleted")}
    assert len(await told(nation_tx)) == 4


async def test_a_loss_suspends_the_card_and_ends_nothing_twice(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await certify(nation_tx, keys, code(1), SIGNING, medium=Medium.PHONE)
    await reporting.report(nation_tx, nation, report())
    await reporting.report(nation_tx, nation, report())
    assert await states(nation_tx) == {
        "signing": ("held", "loss"),
        "user-auth": ("held", "loss"),
        "signing-phone": ("held", "loss"),
    }
    assert len(await told(nation_tx)) == 3
    [(at,)] = await rows(nation_tx, "select distinct revoked_at from jpki.revocation")
    assert at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


async def test_a_suspended_certificate_is_never_lifted_but_can_be_ended(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1), USER_AUTH)
    await reporting.report(nation_tx, nation, report())
    await reporting.report(nation_tx, nation, report(Cause.KEY_LEAK, chip_number=CHIP))
    assert await states(nation_tx) == {"user-auth": ("revoked", "key-leak")}
    await reporting.report(nation_tx, nation, report())
    assert await states(nation_tx) == {"user-auth": ("revoked", "key-leak")}
    found = await rows(nation_tx, "select reason from jpki.revocation order by reason")
    assert found == [("certificateHold",), ("keyCompromise",)]


async def test_one_kind_can_be_given_up_alone(nation_tx: Tx, nation: Node, keys: Keys) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    await reporting.report(nation_tx, nation, report(Cause.REQUEST, kinds=(SIGNING,)))
    assert await states(nation_tx) == {"signing": ("revoked", "request"), "user-auth": VALID}


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({"juki_code": code(9)}, UnknownPersonError),
        ({"municipality": C}, NotResidentError),
        ({"chip_number": "9999999999999"}, UnknownCertificateError),
        ({"cause": Cause.CHANGED}, UnreportableCauseError),
    ],
)
async def test_a_report_that_does_not_fit_is_refused(
    nation_tx: Tx, nation: Node, keys: Keys, what: dict[str, Any], refusal: type[Exception]
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    with pytest.raises(refusal):
        await reporting.report(nation_tx, nation, report(**what))
    assert await states(nation_tx) == {"signing": VALID, "user-auth": VALID}


async def test_no_town_reports_for_another(nation_tx: Tx, nation: Node, keys: Keys) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    await certify(nation_tx, keys, code(1))
    with pytest.raises(WrongOriginError):
        await reporting.receive_reports(
            nation_tx, nation, [received(report(), origin=Party.town(C))]
        )


async def test_an_expired_certificate_is_left_alone(
    nation_tx: Tx, nation: Node, keys: Keys
) -> None:
    await take(nation_tx, nation, notice(A, 1, since=OLD))
    now = nation.clock.now()
    await certify(nation_tx, keys, code(1), not_after=now - timedelta(seconds=1))
    await take(nation_tx, nation, notice(A, 2, "correction", since=OLD, who=MOVED))
    assert await states(nation_tx) == {"signing": VALID, "user-auth": VALID}
    assert await rows(nation_tx, "select * from jpki.revocation") == []
