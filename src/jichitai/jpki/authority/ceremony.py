"""鍵生成式 (key ceremony): authorities come into being before witnesses, and a record says how.

A ceremony makes keys in the vault, signs the root certificates, enters them, and leaves a record
that is printed, read aloud, signed by hand by those present, and signed by the nation's key. Each
record holds the hash of the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from cryptography import x509

from jichitai.infra.audit import SYSTEM, Actor, record
from jichitai.infra.database import Tx
from jichitai.infra.keys import SigningKey
from jichitai.jpki.authority import minutes, profiles, store
from jichitai.jpki.authority.authorities import (
    Authorities,
    objects_label,
    profile_key,
    writer_label,
)
from jichitai.jpki.authority.errors import (
    AuthorityExistsError,
)
from jichitai.jpki.authority.minutes import Scene, Witness
from jichitai.jpki.authority.model import Authority, AuthorityState, serial_hex
from jichitai.jpki.authority.profiles import AnyKind, AuthorityKind, authority_id
from jichitai.jpki.authority.vault import Algorithm, Vault

RENEW_RESPONDER: Final = timedelta(days=30)
_SPACE: Final = timedelta(days=4 * 365 + 1)
"""Between two generations, as in the real service."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An authority that a ceremony is to make."""

    kind: AuthorityKind
    generation: int
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A ceremony that was held.

    Attributes:
        record: the text, UTF-8, as it was signed.
        printed: the text with lines for signatures by hand and the signature of the nation.
    """

    ceremony_id: UUID
    record: bytes
    printed: str
    authorities: Authorities


def first_plan(at: datetime) -> list[Planned]:
    """The first ceremony: one generation of each authority."""
    return [Planned(kind, 1, at) for kind in AuthorityKind]


def rehearsal_plan(at: datetime) -> list[Planned]:
    """Two generations of both authorities at once, so that a rehearsal has an overlap to show."""
    people = (AuthorityKind.SIGNING, AuthorityKind.USER_AUTH)
    older = [Planned(kind, 1, at - _SPACE) for kind in people]
    return [*older, *(Planned(kind, 2, at) for kind in people), Planned(AuthorityKind.CARD, 1, at)]


async def next_plan(tx: Tx, kind: AnyKind, at: datetime) -> list[Planned]:
    """世代交代: the generation after the newest one of a kind."""
    known = [row.generation for row in await store.authorities(tx) if row.kind.value == kind.value]
    return [Planned(AuthorityKind(kind), max(known, default=0) + 1, at)]


async def hold_ceremony(
    tx: Tx,
    vault: Vault,
    signer: SigningKey,
    *,
    plan: Sequence[Planned],
    scene: Scene,
    at: datetime,
    by: Actor,
) -> Held:
    """Make the authorities of a plan, and their responders; older generations stop issuing.

    A key is made under a new label each time: what a broken-off ceremony left in the vault is
    never used.

    Args:
        tx: of the nation; commit it, or nothing but unused keys remains.
        vault: makes and keeps the keys.
        signer: the nation's key, which signs the record.
        plan: what to make.
        scene: what the record says of the occasion.
        at: now; second precision goes into certificates.
        by: who gives the command.

    Raises:
        NeedsWitnessesError: fewer than two people, or one of them twice.
        UnprintableSceneError: a text of the scene is empty, or does not fit on one line.
        AuthorityExistsError: a generation of the plan is there already.

    Source: this project's own procedure; RFC 3647 4.6.1, 4.6.2 (key generation, multi-person
        control).
    """
    minutes.check_scene(scene)
    await store.lock_ceremonies(tx)
    earlier = await store.ceremonies(tx)
    ceremony_id = uuid4()
    suffix = ceremony_id.hex[:8]
    lines: list[str] = []
    for planned in plan:
        lines += await _make(tx, vault, planned, suffix, at)
    loaded = await Authorities.load(tx, vault)
    for planned in plan:
        await _retire_older(tx, loaded, planned, by, at)
    lines += await _responders(tx, vault, loaded, at, suffix)
    row = minutes.draw_up(
        scene,
        lines,
        ceremony_id=ceremony_id,
        vault=vault.description,
        signer=signer,
        earlier=earlier,
        at=at,
    )
    await store.add_ceremony(tx, row)
    names = [authority_id(planned.kind, planned.generation) for planned in plan]
    await record(
        tx,
        by=by,
        action="jpki.ceremony.hold",
        subject=str(ceremony_id),
        facts={"authorities": names, "record": sha256(row.record).hexdigest()},
        at=at,
    )
    made = await Authorities.load(tx, vault)
    return Held(
        ceremony_id=ceremony_id, record=row.record, printed=minutes.printed(row), authorities=made
    )


async def hold_rehearsal(
    tx: Tx, vault: Vault, signer: SigningKey, *, at: datetime, by: Actor
) -> Authorities:
    """What a demo starts with: two generations of both authorities and a card centre.

    The witnesses are made up. Nothing is made when there are authorities already.
    """
    if await store.authorities(tx):
        return await Authorities.load(tx, vault)
    scene = Scene(
        purpose="演習のための認証局の開設",
        place="演習環境",
        witnesses=(Witness("鍵山　守", "鍵の保管責任者"), Witness("立川　見", "立会人")),
    )
    plan = rehearsal_plan(at)
    held = await hold_ceremony(tx, vault, signer, plan=plan, scene=scene, at=at, by=by)
    return held.authorities


async def renew_responders(
    tx: Tx, vault: Vault, authorities: Authorities, at: datetime, by: Actor = SYSTEM
) -> Authorities:
    """Certify new responders where one is missing or ends within 30 days.

    Answers about status are signed on the authority's behalf; the certificate for that lives 90
    days, so this belongs to the daily work.

    Returns:
        The authorities with their responders, loaded anew when one was made.
    """
    if not await _responders(tx, vault, authorities, at, uuid4().hex[:8]):
        return authorities
    loaded = await Authorities.load(tx, vault)
    serials = {
        responder.authority: serial_hex(responder.certificate.serial_number)
        for responder in loaded.responders
    }
    await record(tx, by=by, action="jpki.responder.certify", facts=serials, at=at)
    return loaded


async def _make(tx: Tx, vault: Vault, planned: Planned, suffix: str, at: datetime) -> list[str]:
    """One authority; the lines of the record about it."""
    name = authority_id(planned.kind, planned.generation)
    label = f"{name}-{suffix}"
    vault.create(label, Algorithm.RSA_2048)
    key = profile_key(vault, label)
    certificate = profiles.authority_certificate(
        planned.kind, planned.generation, key, planned.not_before, x509.random_serial_number()
    )
    certificate.verify_directly_issued_by(certificate)
    entered = await store.add_authority(
        tx, planned.kind, planned.generation, certificate, label, at
    )
    if not entered:
        raise AuthorityExistsError(
            f"{name} は既にあります。世代交代（jichitai ca roll-over）で次の世代を作ってください。",
            authority=name,
        )
    lines = minutes.about(f"認証局 {name}（第{planned.generation}世代）", certificate, label)
    if planned.kind is AuthorityKind.CARD:
        for title, extra, algorithm in (
            ("カードに書く情報に署名する鍵", objects_label(label), Algorithm.RSA_2048),
            ("カードへの書込みを許す鍵", writer_label(label), Algorithm.ED25519),
        ):
            made = vault.create(extra, algorithm)
            lines += minutes.about_key(title, extra, made)
    return lines


async def _retire_older(
    tx: Tx, authorities: Authorities, planned: Planned, by: Actor, at: datetime
) -> None:
    for older in authorities.all(planned.kind):
        if older.generation < planned.generation and older.state is AuthorityState.ACTIVE:
            await store.set_authority_state(tx, older.id, AuthorityState.RETIRED)
            await record(tx, by=by, action="jpki.authority.retire", subject=older.id, at=at)


async def _responders(
    tx: Tx, vault: Vault, authorities: Authorities, at: datetime, suffix: str
) -> list[str]:
    lines: list[str] = []
    known = await store.responders(tx, at)
    for authority in authorities.members:
        if authority.kind is AuthorityKind.CARD or not authority.in_time(at):
            continue
        ends = known[authority.id][0].not_valid_after_utc if authority.id in known else at
        last = authority.certificate.not_valid_after_utc
        if ends < min(at + RENEW_RESPONDER, last):
            lines += await _add_responder(tx, vault, authority, at, suffix)
    return lines


async def _add_responder(
    tx: Tx, vault: Vault, authority: Authority, at: datetime, suffix: str
) -> list[str]:
    number = await store.responder_count(tx, authority.id) + 1
    label = f"responder-{authority.id}-{number}-{suffix}"
    vault.create(label, Algorithm.P_256)
    certificate = profiles.responder_certificate(
        authority.kind,
        authority.certificate,
        authority.key,
        profile_key(vault, label).public_key(),
        number=number,
        serial=x509.random_serial_number(),
        not_before=at,
    )
    await store.add_responder(tx, authority.id, certificate, label, at)
    return minutes.about(f"{authority.id} の失効情報応答者 {number}", certificate, label)
