"""The OCSP responder: what is asked, how it stands in the records, and an answer signed for it.

The records are asked about every certificate once, many in one query when many are waiting. How it
stands is remembered, and answers without a nonce are kept and given again; a follower reads every
revocation that commits and drops what it makes wrong. When the follower is late, nothing that is
remembered is believed any more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final, TypeAlias

import structlog
from prometheus_client import Counter

from jichitai.infra import logs
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.metrics import REGISTRY
from jichitai.jpki.authority.model import serial_bytes
from jichitai.jpki.status.answers import UNKNOWN, Signer, Standing, issuer_ids
from jichitai.jpki.status.errors import ForeignOcspError, OcspLaterError, OcspRefusal
from jichitai.jpki.status.memory import Kept, Memory
from jichitai.jpki.status.requests import CertId, Question, read_request
from jichitai.jpki.status.standings import Place, horizon, revoked_since, standings
from jichitai.kernel.errors import JichitaiError, UnavailableError

log = structlog.get_logger(__name__)

LIFE: Final = timedelta(minutes=15)
"""How long an answer may be believed.

Source: 公的個人認証サービス: answers are brought up to date every 15 minutes.
"""
REFRESH: Final = timedelta(minutes=10)
"""How old a kept answer may be when it is given again."""
TRUSTED: Final = 5.0
"""Seconds after the follower's last look in which kept answers are given."""
_RELOAD: Final = 60
_MOST: Final = 256
_QUEUE: Final = 4_096

_ANSWERS = Counter(
    "jichitai_ocsp_answers_total",
    "OCSP answers by where they came from",
    ["way"],
    registry=REGISTRY,
)
_KEPT_ANSWERS = _ANSWERS.labels("kept")
_SIGNED_ANSWERS = _ANSWERS.labels("signed")

_Waiting: TypeAlias = tuple[list[Place], asyncio.Future[list[Standing]]]
LoadSigners: TypeAlias = Callable[[Tx], Awaitable[Sequence[Signer]]]


class Responder:
    """Answers for every authority it has a signer of.

    Args:
        database: the nation's.
        clock: law time.
        load: finds the signers; asked again when the follower is told to.
    """

    def __init__(self, database: Database, clock: Clock, load: LoadSigners) -> None:
        self._database = database
        self._clock = clock
        self._load = load
        self._signers: dict[tuple[str, bytes, bytes], Signer] = {}
        self._memory = Memory()
        self._horizon: str | None = None
        self._now = clock.now()
        self._looked_at = float("-inf")
        self._looks = 0
        self._waiting: list[_Waiting] = []
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the signers and take the first look.

        Raises:
            UnavailableError: the database or the vault does not answer.
        """
        await self.reload()
        await self.look()

    async def reload(self) -> None:
        """Take the signers that are in force now, and forget what others signed."""
        async with self._database.transaction(read_only=True) as tx:
            found = await self._load(tx)
        if {id(one) for one in found} == {id(one) for one in self._signers.values()}:
            return
        self._signers = {name: signer for signer in found for name in issuer_ids(signer.issuer)}
        self._memory.clear()

    def at_hand(self, der: bytes) -> bytes | None:
        """An answer that needs no question to the records, as long as the memory is believed.

        It is the kept one, or it is signed now; None when the records must be asked, or when there
        is a refusal.
        """
        if time.monotonic() - self._looked_at > TRUSTED:
            return None
        kept = self._memory.answer(der, self._now)
        if kept is not None:
            _KEPT_ANSWERS.inc()
            return kept
        try:
            question, signer, places = self._read(der)
        except OcspRefusal:
            return None
        found = self._memory.standings(places)
        if found is None:
            return None
        return self._sign(der, question, signer, places, found, self._now)

    async def answer(self, der: bytes) -> bytes:
        """Answer a request.

        Raises:
            OcspRefusal: it is malformed, of foreign authorities, or nothing can be said now.
        """
        ready = self.at_hand(der)
        if ready is not None:
            return ready
        question, signer, places = self._read(der)
        looks, at = self._looks, self._clock.now()
        found = await self._standings(places)
        fresh = looks == self._looks
        if fresh:
            self._memory.note(places, found)
        return self._sign(der, question, signer, places, found, at, keep=fresh)

    def _read(self, der: bytes) -> tuple[Question, Signer, list[Place]]:
        question = read_request(der)
        signer = self._signer(question.certificates)
        places = [(signer.authority, serial_bytes(one.serial)) for one in question.certificates]
        return question, signer, places

    def _sign(
        self,
        der: bytes,
        question: Question,
        signer: Signer,
        places: Sequence[Place],
        found: Sequence[Standing],
        at: datetime,
        *,
        keep: bool = True,
    ) -> bytes:
        at = at.replace(microsecond=0)
        answer = signer.answer(
            list(zip(question.certificates, found, strict=True)),
            nonce=question.nonce,
            this_update=at,
            next_update=at + LIFE,
        )
        _SIGNED_ANSWERS.inc()
        if keep and question.nonce is None and UNKNOWN not in found:
            self._memory.keep(der, Kept(answer, at + REFRESH, tuple(places)))
        return answer

    async def look(self) -> None:
        """Drop what was revoked since the last look, and what has become old.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self._database.transaction(read_only=True) as tx:
            revoked: list[Place] = []
            if self._horizon is None:
                self._horizon = await horizon(tx)
                self._memory.clear()
            else:
                self._horizon, revoked = await revoked_since(tx, self._horizon)
        self._looks += 1
        self._looked_at = time.monotonic()
        self._now = self._clock.now()
        self._memory.drop(revoked)
        self._memory.age(self._now)

    async def follow(self, pause: float = 1.0) -> None:
        """Look again and again; an outage is waited out."""
        for look in count():
            try:
                if not self._signers or look % _RELOAD == 0:
                    await self.reload()
                await self.look()
            except JichitaiError as error:  # kept answers lose their trust by themselves
                log.warning("work-waits", work="ocsp", **logs.where(error))
            await asyncio.sleep(pause)

    def _signer(self, certificates: Sequence[CertId]) -> Signer:
        """Who speaks for all of these certificates."""
        if not self._signers:
            raise OcspLaterError(
                "応答に署名する鍵がまだ使えません。鍵生成式と応答者の証明書を確かめてください。"
            )
        found = {self._signers.get(_issuer(one)) for one in certificates}
        if len(found) == 1 and (signer := found.pop()) is not None:
            return signer
        raise ForeignOcspError(
            "この応答者が扱う認証局の電子証明書ではないか、二つ以上の認証局の電子証明書が一つの"
            "問い合わせに入っています。認証局ごとに分けて問い合わせてください。"
        )

    async def _standings(self, places: list[Place]) -> list[Standing]:
        if len(self._waiting) >= _QUEUE:
            raise OcspLaterError(
                "問い合わせが混み合っています。少し待ってからもう一度問い合わせてください。"
            )
        mine: asyncio.Future[list[Standing]] = asyncio.get_running_loop().create_future()
        self._waiting.append((places, mine))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await mine

    async def _ask(self) -> None:
        """Ask the records for everything that waits, until nothing does."""
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            try:
                async with self._database.transaction(read_only=True) as tx:
                    found = await standings(tx, [one for places, _ in batch for one in places])
            except UnavailableError as error:
                _fail(batch, _later(error))
            except asyncio.CancelledError:
                _fail([*batch, *self._waiting], _later())
                raise
            except Exception as error:  # noqa: BLE001  # whoever asked reports it
                _fail(batch, error)
            else:
                _hand_out(batch, found)


def _issuer(one: CertId) -> tuple[str, bytes, bytes]:
    return (one.algorithm, one.issuer_name, one.issuer_key)


def _hand_out(batch: Sequence[_Waiting], found: Sequence[Standing]) -> None:
    place = 0
    for places, mine in batch:
        if not mine.done():
            mine.set_result(list(found[place : place + len(places)]))
        place += len(places)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for _, mine in batch:
        if not mine.done():
            mine.set_exception(error)


def _later(error: UnavailableError | None = None) -> OcspLaterError:
    later = OcspLaterError(
        "電子証明書の記録が今は応答しません。少し待ってからもう一度問い合わせてください。"
    )
    later.__cause__ = error
    return later
