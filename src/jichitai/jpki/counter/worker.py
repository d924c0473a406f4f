"""Timed work of a town: nobody's face and numbers are kept for a writing that nobody goes on with."""

from datetime import timedelta
from typing import Final

import structlog

from jichitai.infra.database import Database
from jichitai.infra.logs import where
from jichitai.jpki.counter import store
from jichitai.jpki.counter.model import Stage
from jichitai.jpki.counter.service.writings import Writings
from jichitai.kernel.errors import JichitaiError, UnavailableError

log = structlog.get_logger(__name__)

STALE: Final = timedelta(days=1)
_AT_ONCE: Final = 100


async def close_stale(database: Database, writings: Writings) -> bool:
    """Close writings that have stood still for a day; returns whether there may be more.

    Certificates that reached no card end with them. A card that is written and waits for its
    hand-over stays; only what was kept for the writing goes.

    Source: 公的個人認証法 第3条第7項, 第22条第7項 (nothing of a writing remains with the town).
    """
    before = writings.node.clock.now() - STALE
    async with database.transaction(all_towns=True, read_only=True) as tx:
        found = await store.stale(tx, before, _AT_ONCE)
    for town, request_id in found:
        try:
            async with database.transaction(town=town) as tx:
                writing = await writings.get(tx, town, request_id)
                if writing.stage is Stage.WRITTEN:
                    await store.forget(tx, town, request_id)
                elif writing.stage.under_way:
                    await writings.close(tx, writing, Stage.FAILED, failure="abandoned")
                    await store.forget(tx, town, request_id)
        except UnavailableError:
            raise
        except JichitaiError as error:
            log.warning("stale-writing-stays", municipality=town, **where(error))
            return False
    return len(found) == _AT_ONCE
