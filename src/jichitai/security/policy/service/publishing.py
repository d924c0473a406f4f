"""Publication, coming into force, review, the end of a policy, and whether people can read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import anyio.to_thread

from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.database import Database, Tx
from jichitai.infra.settings import Settings
from jichitai.kernel.errors import JichitaiError
from jichitai.security.access import own_body
from jichitai.security.guideline import service as guideline
from jichitai.security.policy import paper, reach, seal
from jichitai.security.policy.errors import BadClauseError, OtherDocumentError
from jichitai.security.policy.model.states import STANDING, State, expect, next_review
from jichitai.security.policy.model.text import Clause, Part, plain, shows
from jichitai.security.policy.reach import Fetcher
from jichitai.security.policy.service.desk import Desk, policy_of, version_at, version_of
from jichitai.security.policy.service.reading import look_at
from jichitai.security.policy.service.reporting import report
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.clauses import Key
from jichitai.security.policy.store.policies import Due, VersionRow

EVERY: Final = timedelta(hours=6)
"""How often a published address is looked at."""
AGAIN: Final = timedelta(minutes=10)
"""After a first failure it is looked at again so soon; the second one counts."""
_PAPER_SHARE: Final = 0.9
"""Clauses of a PDF that must be found as they are; a line may be broken by the foot of a page."""


@dataclass(frozen=True, slots=True)
class Press:
    """What publication needs beyond the desk: our own origin, the seals, the word 演習用.

    Attributes:
        origin: under which people reach this tier.
        seals: folder of the bodies' keys.
        rehearsal: whether data are synthetic; a missing seal is then made.
    """

    origin: str
    seals: Path
    rehearsal: bool

    @classmethod
    def of(cls, settings: Settings) -> "Press":
        """From the settings of the process."""
        return cls(settings.origin, seal.folder(settings), settings.demo)


async def publish(
    desk: Desk, press: Press, tx: Tx, place: Key, *, address: str = "", by: Actor
) -> VersionRow:
    """公表する: fix the public text, sign it, and name its address.

    Args:
        desk: clock and outbox.
        press: origin and seals.
        tx: a transaction of the body.
        place: body, policy and version.
        address: page of the body's own site that shows the text; our own page when left out.
        by: who publishes.

    Raises:
        BadAddressError: the address cannot be a public one.
        NoSealError: the body's key is missing.
        WrongStepError, UnknownDocumentError.

    Source: 地方自治法 第244条の6第2項.
    """
    version = await version_at(tx, *place, State.ADOPTED)
    policy, body = await policy_of(tx, place[0], place[1]), await own_body(tx, place[0])
    where = reach.address_of(address) if address.strip() else ""
    if press.rehearsal:
        seal.make(body, press.seals)
    key = seal.load(place[0], press.seals)
    now, today = desk.clock.now(), desk.clock.today()
    seen = await look_at(tx, policy, version, on=today)
    document = seen.document(Part.BASIC, body)
    if document.hash != version.document_hash:
        raise OtherDocumentError(
            "団体の名前などが決裁の後に変わり、決裁した文書と同じものになりません。版を差し戻して、"
            "もう一度決裁を受けてください。",
            document_hash=version.document_hash,
        )
    mark = "演習用" if press.rehearsal else ""
    values = paper.content(document, seen.adoptions, body, now, mark=mark)
    signed = await anyio.to_thread.run_sync(paper.signed, values, key, now)
    own = f"{press.origin}/policies/{place[0]}/{policy.slug}/{version.version}"
    await store.change_version(
        tx,
        *place,
        state=State.PUBLISHED,
        published_at=now,
        effective_on=version.effective_on or today,
        address=where or own,
        document=document.canonical(),
        paper=signed,
        paper_hash=sha256(signed).hexdigest(),
        signed_by=key.name,
    )
    row = await version_of(tx, *place)
    await desk.step(tx, row, "publish", by=by, reference=row.address, hash_=row.document_hash or "")
    current = await guideline.current(tx, on=today)
    await store.change_policy(tx, place[0], place[1], guideline_seen=current.version)
    await report(desk, tx, place[0], place[1])
    return row


async def turn(desk: Desk, tx: Tx, due: Due) -> None:
    """What a day brings to a version: it comes into force, or its review is due."""
    place, today = (due.municipality, due.policy_id, due.version), desk.clock.today()
    version = await version_of(tx, *place, lock=True)
    policy = await policy_of(tx, due.municipality, due.policy_id)
    if version.step is State.PUBLISHED and version.effective_on and version.effective_on <= today:
        await _supersede(desk, tx, version)
        await store.change_version(tx, *place, state=State.IN_FORCE)
        day = next_review(version.effective_on, version.review_months)
        await store.change_policy(tx, *place[:2], next_review_on=day, name=version.name)
        await desk.step(tx, version, "in-force", by=SYSTEM, reference=day.isoformat())
    elif version.step is State.IN_FORCE and (policy.next_review_on or date.max) <= today:
        await store.change_version(tx, *place, state=State.REVIEW_DUE)
        await desk.step(tx, version, "review-due", by=SYSTEM)
    else:
        return
    await report(desk, tx, *place[:2])


async def _supersede(desk: Desk, tx: Tx, new: VersionRow) -> None:
    for old in await store.versions(tx, new.municipality, new.policy_id):
        if old.step in STANDING and old.version < new.version:
            await store.change_version(
                tx, old.municipality, old.policy_id, old.version, state=State.SUPERSEDED,
                ended_on=new.effective_on, end_reason=f"第{new.version}版に改定",
            )  # fmt: skip
            await desk.step(tx, old, "supersede", by=SYSTEM)


async def reviewed(
    desk: Desk, tx: Tx, place: Key, *, number: str, reason: str, by: Actor
) -> VersionRow:
    """見直した結果、改定しない: the clock of the review starts again today.

    Raises:
        BadClauseError: number or reason are missing.
        WrongStepError, UnknownDocumentError.

    Source: ガイドライン 対策基準 9.3.
    """
    version = await version_at(tx, *place, State.IN_FORCE, State.REVIEW_DUE)
    _stated(number, reason, "見直しの結果")
    day = next_review(desk.clock.today(), version.review_months)
    await store.change_version(tx, *place, state=State.IN_FORCE)
    await store.change_policy(tx, *place[:2], next_review_on=day)
    row = await version_of(tx, *place)
    await desk.step(tx, row, "reviewed", by=by, reference=plain(number), reason=plain(reason))
    await report(desk, tx, *place[:2])
    return row


async def repeal(
    desk: Desk, tx: Tx, place: Key, *, number: str, reason: str, by: Actor
) -> VersionRow:
    """廃止する: the page stays and says so.

    Raises:
        BadClauseError: number or reason are missing.
        WrongStepError, UnknownDocumentError.
    """
    version = await version_of(tx, *place, lock=True)
    expect(version.step, *STANDING)
    _stated(number, reason, "廃止の理由")
    await store.change_version(
        tx, *place, state=State.REPEALED, ended_on=desk.clock.today(), end_reason=plain(reason)
    )
    row = await version_of(tx, *place)
    await desk.step(tx, row, "repeal", by=by, reference=plain(number), reason=plain(reason))
    await report(desk, tx, *place[:2])
    return row


def _stated(number: str, reason: str, what: str) -> None:
    fields = {}
    if not plain(number) or len(number) > 80:
        fields["number"] = (
            "番号がないか、80字を超えています。記録に残すため、文書番号を入力してください。"
        )
    if not plain(reason) or len(reason) > 400:
        fields["reason"] = (
            f"{what}がないか、400字を超えています。後の見直しで読むため、入力してください。"
        )
    if fields:
        raise BadClauseError("".join(fields.values()), fields=fields)


async def check(desk: Desk, db: Database, fetcher: Fetcher, due: Due) -> str:
    """Look at a published address, keep what was found, and report when it changed.

    No transaction is open while the address is fetched.

    Returns:
        `ok`, or what is wrong in Japanese.
    """
    place = (due.municipality, due.policy_id, due.version)
    async with db.transaction(town=place[0], read_only=True) as tx:
        version = await version_of(tx, *place)
        clauses = await clause_store.clauses(tx, place, part=Part.BASIC)
    try:
        found = await fetcher.fetch(version.address)
        result = await _compared(found, version, clauses)
    except JichitaiError as refusal:
        result = refusal.detail
    async with db.transaction(town=place[0]) as tx:
        await _note(desk, tx, place, result)
    return result


async def _compared(found: reach.Fetched, version: VersionRow, clauses: Sequence[Clause]) -> str:
    if sha256(found.content).hexdigest() in {version.paper_hash, version.document_hash}:
        return "ok"
    text = await reach.text_of(found)
    missing = shows(text, clauses)
    allowed = 0
    if found.content.startswith(b"%PDF-"):
        allowed = len(clauses) - int(len(clauses) * _PAPER_SHARE)
    if len(missing) <= allowed:
        return "ok"
    if len(missing) == len(clauses):
        return "届きましたが、策定した方針の文書ではありませんでした。"
    return (
        f"届きましたが、策定した方針と違う条があります（{missing[0].title}など{len(missing)}条）。"
    )


async def _note(desk: Desk, tx: Tx, place: Key, result: str) -> None:
    version = await version_of(tx, *place, lock=True)
    if version.step not in STANDING:
        return
    now = desk.clock.now()
    failures = 0 if result == "ok" else version.failures + 1
    reachable = version.reachable_at
    if result == "ok":
        reachable = now
    elif failures > 1:
        reachable = None
    await store.change_version(
        tx, *place, checked_at=now, check_result=result[:400], failures=failures,
        reachable_at=reachable,
    )  # fmt: skip
    short = "ok" if result == "ok" else "failed"
    await store.add_check(tx, *place, (now, version.address, short, result[:400]))
    if (reachable is None) != (version.reachable_at is None):
        await desk.step(tx, version, "check", by=SYSTEM, reference=short, reason=result[:400])
        await report(desk, tx, *place[:2])
