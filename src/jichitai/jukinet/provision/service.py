"""Asking (本人確認情報の照会): from a question to an answer, or to a counted refusal."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jichitai.infra.audit import Actor, record
from jichitai.infra.clock import Clock
from jichitai.infra.crypto import BlindIndex
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.jukinet import affairs
from jichitai.jukinet.affairs import Field, KeyKind, mask_of
from jichitai.jukinet.provision import keys as keyed
from jichitai.jukinet.provision import model
from jichitai.jukinet.provision.directory import Directory
from jichitai.jukinet.provision.errors import InvalidKeyError
from jichitai.jukinet.provision.groups import GroupCommitter
from jichitai.jukinet.provision.model import Key, Organ, Purpose, Reason, State
from jichitai.jukinet.provision.store import organs
from jichitai.jukinet.provision.store.answering import Ask
from jichitai.jukinet.provision.store.organs import Refusal
from jichitai.kernel.errors import JichitaiError


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a body and the number of its operator."""

    organ_id: str
    operator_id: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a question states before its keys.

    Attributes:
        affair_id: for which affair.
        reason: class of the reason.
        reference: case number at the body.
        fields: what is wanted; None for all that the affair gives except the numbers.
    """

    affair_id: str
    reason: Reason
    reference: str
    fields: tuple[Field, ...] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A person as a body knows them; `repr` tells nothing."""

    name: str
    birth_date: str
    sex: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """Exactly one kind of key; `repr` tells nothing."""

    number: str | None = None
    code: str | None = None
    person: Person | None = None

    @property
    def kind(self) -> KeyKind:
        """Which key it is.

        Raises:
            InvalidKeyError: none or several are given.
        """
        kinds = []
        if self.number is not None:
            kinds.append(KeyKind.NUMBER)
        if self.code is not None:
            kinds.append(KeyKind.CODE)
        if self.person is not None:
            kinds.append(KeyKind.MATCH)
        if len(kinds) != 1:
            raise InvalidKeyError(
                "個人番号、住民票コード、氏名と生年月日のうち、どれか1つで照会してください。"
            )
        return kinds[0]


class Provision:
    """The service that answers public bodies; one per process of the nation."""

    def __init__(
        self, database: Database, keys: Keys, clock: Clock, *, lanes: int = 1, largest: int = 256
    ) -> None:
        """Make it; `start` sets it to work and `close` ends it."""
        self._database = database
        self._clock = clock
        self._blind: BlindIndex = keys.network_blind
        self.directory = Directory(database)
        self._groups = GroupCommitter(database, clock, keys.columns, lanes=lanes, largest=largest)

    async def start(self) -> None:
        """Begin to answer."""
        await self._groups.start()

    async def close(self) -> None:
        """Stop answering."""
        await self._groups.close()

    async def run(self) -> None:
        """Answer until cancelled: the form in which a process runs its workers."""
        await self.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def ask(self, asker: Asker, stated: Stated, sought: Sought) -> bytes:
        """Answer one question; the record of it is durable before this returns JSON.

        Raises:
            JichitaiError: the question was refused; the refusal is counted, nothing was looked up.
        """
        try:
            kind = sought.kind
            purpose = await self._purpose(asker, stated, kind)
            key = self._key(kind, sought)
            self.directory.reserve(asker.organ_id, 1)
        except JichitaiError as refusal:
            await self._note(asker, stated, _kind_of(sought), refusal)
            raise
        return await self._groups.answer(Ask(purpose, mask_of(purpose.fields), key))

    async def ask_numbers(
        self,
        asker: Asker,
        stated: Stated,
        kind: KeyKind,
        texts: Sequence[str],
        request_number: str,
    ) -> bytes:
        """Answer up to 1,000 numbers or codes by one commit, each with a record of its own.

        Raises:
            JichitaiError: the batch was refused as a whole; nothing was looked up.
        """
        try:
            purpose = await self._batch_purpose(asker, stated, kind, len(texts), request_number)
            key = keyed.exact_keys(self._blind, kind, texts)
            self.directory.reserve(asker.organ_id, len(texts))
        except JichitaiError as refusal:
            await self._note(asker, stated, str(kind), refusal)
            raise
        try:
            return await self._groups.answer_batch(
                purpose, mask_of(purpose.fields), key, request_number
            )
        except JichitaiError as refusal:
            self.directory.give_back(asker.organ_id, len(texts))
            await self._note(asker, stated, str(kind), refusal)
            raise

    async def ask_persons(
        self, asker: Asker, stated: Stated, persons: Sequence[Person], request_number: str
    ) -> bytes:
        """Answer up to 1,000 names with birth dates by one commit.

        Raises:
            JichitaiError: the batch was refused as a whole; nothing was looked up.
        """
        kind = KeyKind.MATCH
        try:
            purpose = await self._batch_purpose(asker, stated, kind, len(persons), request_number)
            mask = mask_of(purpose.fields)
            asks = [
                Ask(purpose, mask, self._key(kind, Sought(person=person))) for person in persons
            ]
            self.directory.reserve(asker.organ_id, len(persons))
        except JichitaiError as refusal:
            await self._note(asker, stated, str(kind), refusal)
            raise
        try:
            return await self._groups.answer_many(asks, request_number)
        except JichitaiError as refusal:
            self.directory.give_back(asker.organ_id, len(persons))
            await self._note(asker, stated, str(kind), refusal)
            raise

    async def _batch_purpose(
        self, asker: Asker, stated: Stated, kind: KeyKind, count: int, request_number: str
    ) -> Purpose:
        purpose = await self._purpose(asker, stated, kind)
        model.check_batch(purpose.affair, count)
        model.check_reference(request_number)
        return purpose

    async def _purpose(self, asker: Asker, stated: Stated, kind: KeyKind) -> Purpose:
        today = self._clock.today()
        organ, operator = await self.directory.find(asker.organ_id, asker.operator_id, today)
        model.check_organ(organ, operator)
        affair = affairs.affair(stated.affair_id)
        model.check_affair(organ, affair, stated.reason, today)
        model.check_key(affair, kind)
        return Purpose(
            organ=organ,
            operator_id=asker.operator_id,
            affair=affair,
            reason=stated.reason,
            reference=model.check_reference(stated.reference),
            fields=model.choose_fields(affair, stated.fields),
        )

    def _key(self, kind: KeyKind, sought: Sought) -> Key:
        if kind is KeyKind.NUMBER:
            return keyed.number_key(self._blind, sought.number or "")
        if kind is KeyKind.CODE:
            return keyed.code_key(self._blind, sought.code or "")
        person = sought.person or Person("", "")
        return keyed.match_key(
            self._blind, person.name, person.birth_date, person.sex, person.address
        )

    async def _note(self, asker: Asker, stated: Stated, kind: str, refusal: JichitaiError) -> None:
        """Count a refused question, without its key."""
        now, today = self._clock.now(), self._clock.today()
        known = stated.affair_id if stated.affair_id in affairs.affairs() else "unknown"
        row = Refusal(
            at=now,
            month=today.replace(day=1),
            organ_id=asker.organ_id,
            affair_id=known,
            operator_id=asker.operator_id,
            key_kind=kind,
            type=refusal.type,
        )
        async with self._database.transaction() as tx:
            await organs.add_refusals(tx, [row])


async def register_organ(
    tx: Tx, organ: Organ, *, by: Actor, clock: Clock, reason: str | None = None
) -> None:
    """Register a public body, or change its registration (利用機関の登録).

    Raises:
        UnknownAffairError: an affair is not in the tables.
    """
    for affair_id in sorted(organ.affairs):
        affairs.affair(affair_id)
    await organs.save_organ(tx, organ, clock.now())
    await record(
        tx,
        by=by,
        action="jukinet.organ.register",
        subject=organ.organ_id,
        reason=reason,
        facts={"affairs": sorted(organ.affairs), "quota": organ.daily_quota, "state": organ.state},
        at=clock.now(),
    )


async def register_operator(
    tx: Tx,
    organ_id: str,
    operator_id: str,
    name: str,
    *,
    by: Actor,
    clock: Clock,
    state: State = State.ACTIVE,
    reason: str | None = None,
) -> None:
    """Register an operator of a public body, or change the registration (操作者の登録)."""
    await organs.save_operator(tx, organ_id, operator_id, name, state, clock.now())
    await record(
        tx,
        by=by,
        action="jukinet.operator.register",
        subject=f"{organ_id}/{operator_id}",
        reason=reason,
        facts={"state": state},
        at=clock.now(),
    )


async def protect(
    tx: Tx, person_id: UUID, *, since: date, until: date | None, by: Actor, clock: Clock
) -> None:
    """Withhold a person's address from answers (支援措置)."""
    await organs.protect(tx, person_id, since, until, by.id)
    await record(
        tx,
        by=by,
        action="jukinet.person.protect",
        subject=str(person_id),
        facts={"until": until.isoformat() if until else None},
        at=clock.now(),
    )


def _kind_of(sought: Sought) -> str:
    try:
        return str(sought.kind)
    except InvalidKeyError:
        return "none"
