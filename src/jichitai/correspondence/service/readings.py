"""Reading large archives in the background: kept until read, watched, taken over when left.

Whoever hands in the answers of 1,788 bodies at once would wait half a minute for an answer; and the
work would be lost with the process that does it. So the archive is kept first and read afterwards.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from anyio import to_thread

from jichitai.correspondence.model.areas import Area
from jichitai.correspondence.service.archives import File, files_of
from jichitai.correspondence.store import readings as store
from jichitai.correspondence.store import uploads
from jichitai.correspondence.store.readings import Claimed
from jichitai.infra import logs
from jichitai.infra.database import Database, Tx
from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError, UnavailableError

AT_ONCE: Final = 30
"""Files that are read while the person waits; more are read in the background."""

_TOGETHER: Final = 20
_TRIES: Final = 3
_GIVEN_UP: Final = (
    f"{_TRIES}回読み取ろうとしましたが、途中で止まりました。ファイルを半分ずつに分けて、"
    "もう一度取り込んでください。"
)
_BROKEN: Final = (
    "読み取りの途中で、このソフトウェアの誤りが起きました。何も書き込んでいません。ファイルを1つずつ"
    "取り込むと、読めないファイルが分かります。運用担当に、起きた時刻を伝えてください。"
)

log = structlog.get_logger(__name__)


class Reader(Protocol):
    """Reads the files of one archive, in their order."""

    def add(self, file: File) -> None:
        """Read one more; what is wrong with it is kept as a fault."""

    def content(self) -> str:
        """JSON text of what was found, as `Upload.content`."""


@dataclass(frozen=True)
class Readings:
    """The archives of one area and overseer.

    Attributes:
        database: of the tier.
        area: whose work it is.
        overseer: who asked.
        reader: makes a reader for a subject; a refusal ends the reading with its words.
        silent: seconds without a sign of life after which another process takes over.
    """

    database: Database
    area: Area
    overseer: str
    reader: Callable[[Tx, str], Awaitable[Reader]]
    silent: float = 60.0

    async def read_next(self) -> bool:
        """Read the archive that waits longest; False when none waits."""
        async with self.database.transaction() as tx:
            mine = await store.claim(tx, self.area, self.overseer, silent=self.silent)
        if mine is None:
            return False
        if mine.tries > _TRIES:
            await self._refuse(mine, _GIVEN_UP)
            return True
        try:
            await self._read(mine)
        except UnavailableError:
            raise  # the archive waits, and is read when the database answers again
        except (InvalidError, ConflictError, NotFoundError) as refusal:
            await self._refuse(mine, refusal.detail)
        except Exception as error:  # noqa: BLE001  # one archive must not stop those after it
            log.warning("reading-failed", upload=str(mine.upload_id), **logs.where(error))
            await self._refuse(mine, _BROKEN)
        return True

    async def _refuse(self, mine: Claimed, why: str) -> None:
        async with self.database.transaction() as tx:
            await store.refuse(tx, self.area, self.overseer, mine, why)

    async def _read(self, mine: Claimed) -> None:
        async with self.database.transaction(read_only=True) as tx:
            reader = await self.reader(tx, mine.subject)
        files = await to_thread.run_sync(files_of, mine.data, mine.name)
        for first in range(0, len(files), _TOGETHER):
            some = files[first : first + _TOGETHER]
            await to_thread.run_sync(add_all, reader, some)
            async with self.database.transaction() as tx:
                done = first + len(some)
                if not await store.advance(tx, self.area, self.overseer, mine, done):
                    return
        content = await to_thread.run_sync(reader.content)
        async with self.database.transaction() as tx:
            if await store.end(tx, self.area, self.overseer, mine):
                await uploads.add_upload(tx, self.area, self.overseer, _upload(mine, content))


def add_all(reader: Reader, files: Iterable[File]) -> None:
    """Read files one after the other."""
    for file in files:
        reader.add(file)


def _upload(mine: Claimed, content: str) -> uploads.NewUpload:
    return uploads.NewUpload(
        upload_id=mine.upload_id,
        subject=mine.subject,
        name=mine.name,
        digest=hashlib.sha256(mine.data).digest(),
        content=content,
        at=mine.asked_at,
        by=mine.asked_by,
    )
