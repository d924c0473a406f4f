"""Issue, revoke, lists and ceremonies on a real database."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import lists, service, store
from jichitai.jpki.authority.authorities import Authorities, trust_anchors
from jichitai.jpki.authority.ceremony import (
    Held,
    Planned,
    first_plan,
    hold_ceremony,
    hold_rehearsal,
    next_plan,
    renew_responders,
)
from jichitai.jpki.authority.errors import (
    AuthorityExistsError,
    BadRecordError,
    BeyondAuthorityError,
    EmptyPoolError,
    NeedsWitnessesError,
    NoAuthorityError,
    UnknownAuthorityError,
    UnprintableSceneError,
)
from jichitai.jpki.authority.minutes import Scene, Witness, check_record, check_sequence, printed
from jichitai.jpki.authority.model import (
    AuthorityState,
    Ending,
    Order,
    roll_over_due,
    serial_bytes,
)
from jichitai.jpki.authority.pool import KeyPool
from jichitai.jpki.authority.profiles import AuthorityKind, PublicKey, end_of_day
from jichitai.jpki.authority.worker import keep_responders
from jichitai.jpki.errors import AlreadyCertifiedError, UnknownCertificateError, UnusableKeyError
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Medium, Reason
from jichitai.kernel.parties import NATION
from jichitai.kernel.secrets import Secret
from tests.jpki.pki import (
    NOW,
    SCENE,
    TOWN,
    MemoryVault,
    altered,
    order,
    pki,
    rsa_key,
    set_up_nation,
)

SIGNING, USER_AUTH = CertificateKind
OTHER_TOWN = "131016"


@pytest.fixture
async def authorities(nation_tx: Tx, keys: Keys) -> Authorities:
    return await set_up_nation(nation_tx, keys)


async def test_a_certificate_is_issued_and_found_by_its_serial(
    nation_tx: Tx, authorities: Authorities
) -> None:
    asked = order(SIGNING, key=rsa_key("one"))
    issued = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    assert issued.authority == "signing-2"
    issued.certificate.verify_directly_issued_by(issued.authority_certificate)
    found = await store.state_of(nation_tx, "signing-2", issued.serial)
    assert found is not None
    assert found.person_id == asked.person_id
    assert found.in_force(NOW)
    assert not found.in_force(found.not_after + timedelta(seconds=1))
    assert authorities.issuer_of(issued.certificate).id == "signing-2"
    assert await store.state_of(nation_tx, "signing-1", issued.serial) is None
    assert await store.certificate_der(nation_tx, "signing-2", issued.serial)
    assert await store.of_person(nation_tx, asked.person_id) == [found]


async def test_names_of_subjects_tell_nothing_and_never_repeat(
    nation_tx: Tx, authorities: Authorities
) -> None:
    names = {service.opaque_name(NOW) for _ in range(50)}
    assert len(names) == 50
    assert all(name.startswith("20261120100000") for name in names)


async def test_a_key_is_certified_once(nation_tx: Tx, authorities: Authorities) -> None:
    asked = order(SIGNING, key=rsa_key("one"))
    await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    again = order(USER_AUTH, key=rsa_key("one"))
    with pytest.raises(UnusableKeyError):
        await service.issue_certificate(nation_tx, authorities, again, at=NOW)


async def test_one_batch_may_not_hold_a_key_twice(nation_tx: Tx, authorities: Authorities) -> None:
    pair = [order(kind, key=rsa_key("one")) for kind in CertificateKind]
    with pytest.raises(UnusableKeyError):
        await service.issue_many(nation_tx, authorities, pair, at=NOW)


async def test_a_person_has_one_certificate_of_each_kind_and_medium(
    nation_tx: Tx, authorities: Authorities
) -> None:
    person = uuid4()
    first = order(SIGNING, key=rsa_key("one"), person_id=person)
    await service.issue_certificate(nation_tx, authorities, first, at=NOW)
    phone = order(SIGNING, key=rsa_key("two"), person_id=person, medium=Medium.PHONE)
    await service.issue_certificate(nation_tx, authorities, phone, at=NOW)
    second = order(SIGNING, key=rsa_key("three"), person_id=person)
    with pytest.raises(AlreadyCertifiedError):
        await service.issue_certificate(nation_tx, authorities, second, at=NOW)


async def test_a_renewal_links_the_old_serial_to_the_new_one(
    nation_tx: Tx, authorities: Authorities
) -> None:
    person = uuid4()
    asked = order(USER_AUTH, key=rsa_key("one"), person_id=person)
    first = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    await service.revoke(
        nation_tx, first.authority, first.serial, Reason.SUPERSEDED, Cause.RENEWED, NOW
    )
    asked = order(USER_AUTH, key=rsa_key("two"), person_id=person, replaces=first.serial)
    second = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    old = await store.state_of(nation_tx, first.authority, first.serial)
    assert old is not None
    assert (old.state, old.successor) == (CertificateState.REVOKED, second.serial)


async def test_nothing_outlives_its_authority(nation_tx: Tx, authorities: Authorities) -> None:
    late = authorities.current(SIGNING).certificate.not_valid_after_utc + timedelta(seconds=1)
    asked = order(SIGNING, key=rsa_key("one"), not_after=late)
    with pytest.raises(BeyondAuthorityError):
        await service.issue_certificate(nation_tx, authorities, asked, at=NOW)


async def test_many_are_issued_at_once(nation_tx: Tx, authorities: Authorities) -> None:
    public = [rsa_key(name) for name in ("one", "two", "three", "four")]
    orders = [
        order(kind, key=key) for kind, key in zip([*CertificateKind] * 2, public, strict=True)
    ]
    issued = await service.issue_many(nation_tx, authorities, orders, at=NOW)
    assert [one.order for one in issued] == orders
    assert await service.issue_many(nation_tx, authorities, [], at=NOW) == []


async def test_a_batch_is_issued_over_keys_made_ahead(
    nation_tx: Tx, authorities: Authorities, tmp_path: Path
) -> None:
    pool = KeyPool(tmp_path, Secret("s" * 43))
    pool.fill(2)

    def draft(key: PublicKey) -> Order:
        return replace(order(USER_AUTH, key=rsa_key("one")), public_key=key)

    made = await service.issue_from_pool(nation_tx, authorities, pool, [draft, draft], at=NOW)
    for issued, key in made:
        assert issued.certificate.public_key() == key.public_key()
    with pytest.raises(EmptyPoolError):
        await service.issue_from_pool(nation_tx, authorities, pool, [draft], at=NOW)


async def test_a_hold_becomes_a_revocation_and_is_never_lifted(
    nation_tx: Tx, authorities: Authorities
) -> None:
    asked = order(USER_AUTH, key=rsa_key("one"))
    issued = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    place = issued.authority, issued.serial
    held = await service.revoke(nation_tx, *place, Reason.HOLD, Cause.LOSS, NOW)
    assert held.state is CertificateState.HELD
    again = await service.revoke(nation_tx, *place, Reason.HOLD, Cause.LOSS, NOW)
    assert again == held
    later = NOW + timedelta(days=3)
    ended = await service.revoke(nation_tx, *place, Reason.CESSATION, Cause.REQUEST, later)
    assert (ended.state, ended.reason) == (CertificateState.REVOKED, Reason.CESSATION)
    assert ended.ended_at == NOW
    twice = await service.revoke(nation_tx, *place, Reason.HOLD, Cause.LOSS, later)
    assert twice.reason is Reason.CESSATION
    line = await _line(nation_tx, authorities, issued.serial, later)
    assert line is not None
    assert line.revocation_date_utc == NOW
    reason = line.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.cessation_of_operation


async def _line(
    tx: Tx, authorities: Authorities, serial: int, at: datetime, authority: str = "user-auth-2"
) -> x509.RevokedCertificate | None:
    published = await lists.list_of(tx, authorities, authority, at=at)
    listed = x509.load_der_x509_crl(published.list)
    return listed.get_revoked_certificate_by_serial_number(serial)


async def test_an_unknown_serial_cannot_be_revoked(nation_tx: Tx, authorities: Authorities) -> None:
    with pytest.raises(UnknownCertificateError):
        await service.revoke(nation_tx, "signing-2", 1, Reason.HOLD, Cause.LOSS, NOW)


async def test_lists_are_made_for_all_and_for_each_town_with_lines(
    nation_tx: Tx, authorities: Authorities
) -> None:
    here = order(SIGNING, key=rsa_key("one"))
    there = order(SIGNING, key=rsa_key("two"), municipality=OTHER_TOWN)
    good = order(SIGNING, key=rsa_key("three"), municipality="141003")
    issued = await service.issue_many(nation_tx, authorities, [here, there, good], at=NOW)
    endings = [
        Ending(one.authority, one.serial, Reason.AFFILIATION_CHANGED, Cause.CHANGED)
        for one in issued[:2]
    ]
    changed = await service.revoke_many(nation_tx, endings, NOW)
    assert {one.serial for one in changed} == {one.serial for one in issued[:2]}

    made = await lists.make_crls(nation_tx, authorities, at=NOW)
    scopes = {(one.authority, one.partition): one.entries for one in made}
    assert scopes == {
        ("signing-1", ""): 2, ("signing-1", TOWN): 1, ("signing-1", OTHER_TOWN): 1,
        ("signing-2", ""): 2, ("signing-2", TOWN): 1, ("signing-2", OTHER_TOWN): 1,
        ("user-auth-1", ""): 0, ("user-auth-2", ""): 0,
    }  # fmt: skip
    for one in made:
        listed = x509.load_der_x509_crl(one.list)
        signer = authorities.by_id(one.authority)
        assert listed.is_signature_valid(signer.certificate.public_key())  # type: ignore[arg-type]
        assert listed.next_update_utc == NOW + lists.LIST_LIFE

    again = await lists.make_crls(nation_tx, authorities, at=NOW + timedelta(days=1))
    assert {one.number for one in again} == {2}


async def test_a_fresh_list_is_handed_out_and_a_stale_one_made_anew(
    nation_tx: Tx, authorities: Authorities
) -> None:
    first = await lists.list_of(nation_tx, authorities, "signing-2", TOWN, at=NOW)
    assert first.entries == 0
    same = await lists.list_of(nation_tx, authorities, "signing-2", TOWN, at=NOW)
    assert same == first
    later = NOW + lists.LIST_LIFE
    fresh = await lists.list_of(nation_tx, authorities, "signing-2", TOWN, at=later)
    assert fresh.number == first.number + 1
    with pytest.raises(UnknownAuthorityError):
        await lists.list_of(nation_tx, authorities, "signing-9", at=NOW)
    with pytest.raises(UnknownAuthorityError):
        await lists.list_of(nation_tx, authorities, "card-1", at=NOW)


async def test_an_expired_authority_has_only_its_last_list(
    nation_tx: Tx, authorities: Authorities
) -> None:
    after = authorities.by_id("signing-1").certificate.not_valid_after_utc + timedelta(days=1)
    with pytest.raises(UnknownAuthorityError):
        await lists.list_of(nation_tx, authorities, "signing-1", at=after)
    last = await lists.list_of(nation_tx, authorities, "signing-1", at=NOW)
    assert await lists.list_of(nation_tx, authorities, "signing-1", at=after) == last
    assert {one.authority for one in await lists.make_crls(nation_tx, authorities, at=after)} == {
        "signing-2",
        "user-auth-2",
    }


async def test_two_counters_at_once_give_one_person_one_certificate(
    nation_database: Database, keys: Keys
) -> None:
    async with nation_database.transaction() as tx:
        authorities = await set_up_nation(tx, keys)
    person = uuid4()

    async def counter(key: str) -> str:
        asked = order(USER_AUTH, key=rsa_key(key), person_id=person)
        async with nation_database.transaction() as tx:
            made = await service.issue_certificate(tx, authorities, asked, at=NOW)
        return made.authority

    done = await asyncio.gather(*map(counter, ("one", "two", "three")), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == [
        "AlreadyCertifiedError",
        "AlreadyCertifiedError",
        "str",
    ]
    same = await asyncio.gather(*map(counter, ("one", "one")), return_exceptions=True)
    assert not any(isinstance(one, str) for one in same)


async def test_only_what_an_authority_issued_is_traced_to_it(
    nation_tx: Tx, authorities: Authorities
) -> None:
    ca = pki().authority(SIGNING)
    leaf = pki().leaf(SIGNING).certificate
    assert authorities.issuer_of(leaf).id == "signing-2"  # the same key as in this nation
    nobody = x509.AuthorityKeyIdentifier.from_issuer_public_key(rsa_key("nobody").public_key())
    for stranger in (
        altered(leaf, ca.key, without=[x509.AuthorityKeyIdentifier]),
        altered(leaf, ca.key, instead=[(nobody, False)]),
        altered(leaf, ca.key, issuer=leaf.subject),
    ):
        with pytest.raises(UnknownAuthorityError):
            authorities.issuer_of(stranger)


async def test_a_line_stays_for_a_list_after_its_certificate_expired(
    nation_tx: Tx, authorities: Authorities
) -> None:
    end = end_of_day(datetime(2026, 12, 1, tzinfo=UTC).date())
    asked = order(USER_AUTH, key=rsa_key("one"), not_after=end)
    issued = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    await service.revoke(
        nation_tx, issued.authority, issued.serial, Reason.KEY_COMPROMISE, Cause.KEY_LEAK, NOW
    )
    assert await _line(nation_tx, authorities, issued.serial, end + timedelta(days=1))
    gone = end + lists.KEPT_AFTER_EXPIRY + timedelta(days=3)
    assert await _line(nation_tx, authorities, issued.serial, gone) is None


async def test_a_lost_key_of_an_authority_ends_all_it_issued(
    nation_tx: Tx, authorities: Authorities
) -> None:
    asked = order(SIGNING, key=rsa_key("one"))
    issued = await service.issue_certificate(nation_tx, authorities, asked, at=NOW)
    count = await service.declare_compromised(
        nation_tx, authorities, "signing-2", at=NOW, by=SYSTEM, note="演習"
    )
    assert count == 1
    left = await authorities.fresh(nation_tx)
    assert [one.id for one in left.all(SIGNING)] == ["signing-1"]
    with pytest.raises(NoAuthorityError):
        left.current(SIGNING)
    assert len(await trust_anchors(nation_tx, SIGNING)) == 1
    last = await store.published_list(nation_tx, "signing-2", "")
    assert last is not None
    assert last.entries == 1
    tomorrow = NOW + timedelta(days=1)
    made = await lists.make_crls(nation_tx, left, at=tomorrow)
    assert {one.entries for one in made if one.authority == "signing-1"} == {1}
    assert issued.authority == "signing-2"


async def test_a_ceremony_leaves_a_record_that_names_every_key(nation_tx: Tx, keys: Keys) -> None:
    held = await _hold(nation_tx, keys, MemoryVault())
    text = held.record.decode()
    for authority in held.authorities.members:
        assert authority.key_label in text
    assert "山田　一郎" in text
    assert "令和8年（2026年）11月20日" in text
    (row,) = await store.ceremonies(nation_tx)
    check_record(row, keys.signer(NATION).public)
    check_sequence([row])
    assert "上の本文" in printed(row)
    with pytest.raises(BadRecordError):
        check_record(replace(row, record=row.record + b"."), keys.signer(NATION).public)
    centre = held.authorities.card_centre()
    assert centre.objects.key_size == 2048
    assert len(centre.writer.public_key().public_bytes_raw()) == 32


async def _hold(
    tx: Tx,
    keys: Keys,
    vault: MemoryVault,
    *,
    plan: Sequence[Planned] | None = None,
    scene: Scene = SCENE,
    at: datetime = NOW,
) -> Held:
    signer = keys.signer(NATION)
    made = first_plan(at) if plan is None else plan
    return await hold_ceremony(tx, vault, signer, plan=made, scene=scene, at=at, by=SYSTEM)


async def test_a_generation_is_made_once(nation_tx: Tx, keys: Keys) -> None:
    await _hold(nation_tx, keys, MemoryVault())
    with pytest.raises(AuthorityExistsError):
        await _hold(nation_tx, keys, MemoryVault())


@pytest.mark.parametrize(
    "witnesses",
    [
        (),
        (Witness("山田　一郎", "立会人"),),
        (Witness("山田　一郎", "立会人"), Witness("山田　一郎", "保管責任者")),
    ],
)
async def test_a_ceremony_needs_two_people(
    nation_tx: Tx, keys: Keys, witnesses: tuple[Witness, ...]
) -> None:
    scene = Scene(purpose="開設", place="演習室", witnesses=witnesses)
    with pytest.raises(NeedsWitnessesError):
        await _hold(nation_tx, keys, MemoryVault(), scene=scene)


@pytest.mark.parametrize("name", ["", "　", "山田\n一郎", "山田\x1b[31m一郎"])
async def test_a_record_holds_only_what_can_be_printed(
    nation_tx: Tx, keys: Keys, name: str
) -> None:
    witnesses = (Witness(name, "立会人"), Witness("佐藤　花", "保管責任者"))
    scene = Scene(purpose="開設", place="演習室", witnesses=witnesses)
    with pytest.raises(UnprintableSceneError):
        await _hold(nation_tx, keys, MemoryVault(), scene=scene)


async def test_the_next_generation_issues_and_the_earlier_one_still_signs_lists(
    nation_tx: Tx, keys: Keys
) -> None:
    vault = MemoryVault()
    first = await _hold(nation_tx, keys, vault)
    asked = order(SIGNING, key=rsa_key("one"))
    old = await service.issue_certificate(nation_tx, first.authorities, asked, at=NOW)
    later = NOW + timedelta(days=1500)
    plan = await next_plan(nation_tx, SIGNING, later)
    held = await _hold(nation_tx, keys, vault, plan=plan, at=later)
    now = held.authorities
    assert [one.state for one in now.all(SIGNING)] == [
        AuthorityState.RETIRED,
        AuthorityState.ACTIVE,
    ]
    assert now.current(SIGNING).id == "signing-2"
    assert now.current(USER_AUTH).id == "user-auth-1"
    assert now.issuer_of(old.certificate).id == "signing-1"
    await service.revoke(
        nation_tx, "signing-1", old.serial, Reason.SUPERSEDED, Cause.RENEWED, later
    )
    made = await lists.make_crls(nation_tx, now, at=later)
    assert {one.authority for one in made if one.entries} == {"signing-1", "signing-2"}
    plan = await next_plan(nation_tx, USER_AUTH, NOW)
    await _hold(nation_tx, keys, vault, plan=plan)  # a rehearsal's clock may have gone back
    rows = await store.ceremonies(nation_tx)
    assert [row.number for row in rows] == [1, 2, 3]
    check_sequence(rows)
    for broken in (rows[1:], [rows[0], rows[2]], [rows[1], rows[0], rows[2]]):
        with pytest.raises(BadRecordError):
            check_sequence(broken)


async def test_responders_are_renewed_before_they_end(nation_tx: Tx, keys: Keys) -> None:
    vault = MemoryVault()
    held = await _hold(nation_tx, keys, vault)
    same = await renew_responders(nation_tx, vault, held.authorities, NOW + timedelta(days=59))
    assert same is held.authorities
    later = NOW + timedelta(days=61)
    renewed = await renew_responders(nation_tx, vault, held.authorities, later)
    before = held.authorities.responder("signing-1").certificate
    after = renewed.responder("signing-1").certificate
    assert after.not_valid_after_utc > before.not_valid_after_utc
    assert "responder 2" in after.subject.rfc4514_string()
    with pytest.raises(NoAuthorityError):
        renewed.responder("card-1")


async def test_the_timed_work_keeps_responders_alive(nation_database: Database, keys: Keys) -> None:
    vault, clock = MemoryVault(), FixedClock(NOW)
    assert await keep_responders(nation_database, clock, vault) is False
    async with nation_database.transaction() as tx:
        await hold_rehearsal(tx, vault, keys.signer(NATION), at=NOW, by=SYSTEM)
    for days, expected in ((1, 4), (61, 8), (62, 8)):
        clock.instant = NOW + timedelta(days=days)
        await keep_responders(nation_database, clock, vault)
        async with nation_database.transaction(read_only=True) as tx:
            count = [await store.responder_count(tx, one.id) for one in await store.authorities(tx)]
        assert sum(count) == expected


def test_the_next_generation_is_due_when_a_full_life_may_not_fit() -> None:
    root = pki().authority(SIGNING).certificate
    assert not roll_over_due(root, datetime(2027, 7, 1, tzinfo=UTC))
    assert roll_over_due(root, datetime(2027, 7, 15, tzinfo=UTC))


async def test_a_rehearsal_opens_its_authorities_once(nation_tx: Tx, keys: Keys) -> None:
    vault, signer = MemoryVault(), keys.signer(NATION)
    first = await hold_rehearsal(nation_tx, vault, signer, at=NOW, by=SYSTEM)
    again = await hold_rehearsal(nation_tx, vault, signer, at=NOW, by=SYSTEM)
    assert [one.id for one in first.members] == [one.id for one in again.members]
    assert len(await store.ceremonies(nation_tx)) == 1


async def test_authorities_are_loaded_anew_only_after_a_change(nation_tx: Tx, keys: Keys) -> None:
    vault = MemoryVault()
    held = await _hold(nation_tx, keys, vault)
    assert await held.authorities.fresh(nation_tx) is held.authorities
    plan = await next_plan(nation_tx, AuthorityKind.USER_AUTH, NOW)
    await _hold(nation_tx, keys, vault, plan=plan)
    fresh = await held.authorities.fresh(nation_tx)
    assert [one.id for one in fresh.all(USER_AUTH)] == ["user-auth-1", "user-auth-2"]


async def test_without_a_ceremony_nothing_is_issued(nation_tx: Tx) -> None:
    none = await Authorities.load(nation_tx, MemoryVault())
    with pytest.raises(NoAuthorityError):
        none.current(SIGNING)


def test_serials_are_kept_as_short_as_can_be() -> None:
    assert serial_bytes(0x80) == b"\x80"
    assert serial_bytes(0) == b"\x00"
    assert isinstance(rsa_key("one"), rsa.RSAPrivateKey)
