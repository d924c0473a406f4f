"""Timed work: keys, forgetting, ended certificates, notices to parties, warnings to operators."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import httpx
import structlog

from jichitai.infra.database import Database
from jichitai.jpki.signin import parties
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.service import keys
from jichitai.jpki.signin.store import grants, logins
from jichitai.jpki.signin.store import parties as registry
from jichitai.jpki.signin.store.grants import Notice
from jichitai.jpki.signin.tokens import logout_token
from jichitai.web.sessions import instant

PAUSES: Final = (60, 300, 1800, 7200, 43_200)
"""Seconds between two tries to tell a party; after the last it is given up."""
LASTING: Final = timedelta(hours=24)
"""How long after a sign-in a party is told that the certificate has ended."""
_TIMEOUT: Final = 5.0

log = structlog.get_logger(__name__)


async def tend_keys(database: Database, provider: Provider) -> bool:
    """Make the keys of ID tokens that are soon due."""
    async with database.transaction() as tx:
        return await keys.tend(tx, provider.sealer, instant())


async def forget(database: Database) -> bool:
    """Remove what has ended."""
    async with database.transaction() as tx:
        await logins.sweep(tx, instant())
    return False


async def end_lapsed(database: Database) -> bool:
    """End recent sign-ins whose certificate has been revoked or held, and have the parties told."""
    now = instant()
    async with database.transaction() as tx:
        for sign_in_id in await grants.lapsed(tx, now - LASTING):
            await grants.end_sign_in(tx, sign_in_id, now, tell=True)
    return False


async def tell_parties(
    database: Database, provider: Provider, transport: httpx.AsyncBaseTransport | None = None
) -> bool:
    """Send the logout notices that are due; True when there may be more.

    A notice is put off before it is sent, so that a slow party is not asked twice at once.

    Source: OpenID Connect Back-Channel Logout 1.0, section 2.5.
    """
    now = instant()
    async with database.transaction() as tx:
        due = await grants.take_notices(tx, now)
        for notice in due:
            await grants.put_off_notice(tx, notice.sign_in_id, _next(notice, now))
    async with httpx.AsyncClient(
        transport=transport, timeout=_TIMEOUT, follow_redirects=False
    ) as client:
        told = await asyncio.gather(*(_tell(database, provider, client, one) for one in due))
    gone = [
        one.sign_in_id
        for one, done in zip(due, told, strict=True)
        if done or one.tries + 1 >= len(PAUSES)
    ]
    async with database.transaction() as tx:
        for sign_in_id in gone:
            await grants.drop_notice(tx, sign_in_id)
    return len(due) == grants.NOTICES


async def warn(database: Database) -> bool:
    """Log what ends soon at parties, for the alarms of the operators."""
    async with database.transaction(read_only=True) as tx:
        found = await registry.everyone(tx)
    for one in parties.endings(found, instant()):
        log.warning(
            "relying-party-ends",
            client_id=one.client_id,
            what=one.what,
            days=one.days,
            urgency=one.urgency,
        )
    return False


Work = Callable[[], Awaitable[bool]]


def works(database: Database, provider: Provider) -> dict[str, tuple[float, Work]]:
    """All of it for the process: name -> pause in seconds, and what to call."""
    return {
        "openid-keys": (3600.0, partial(tend_keys, database, provider)),
        "openid-forget": (60.0, partial(forget, database)),
        "openid-lapsed": (10.0, partial(end_lapsed, database)),
        "openid-notices": (10.0, partial(tell_parties, database, provider)),
        "openid-warnings": (21_600.0, partial(warn, database)),
    }


def _next(notice: Notice, now: datetime) -> datetime:
    return now + timedelta(seconds=PAUSES[min(notice.tries, len(PAUSES) - 1)])


async def _tell(
    database: Database, provider: Provider, client: httpx.AsyncClient, notice: Notice
) -> bool:
    now = instant()
    async with database.transaction() as tx:
        party = await registry.find(tx, notice.client_id)
        if party is None or party.backchannel_url is None:
            return True
        signer = await keys.signer(tx, provider.sealer, party.id_token_alg, now)
    token = logout_token(
        issuer=provider.issuer,
        client_id=notice.client_id,
        subject=notice.subject,
        sign_in_id=notice.sign_in_id,
        signer=signer,
        now=int(now.timestamp()),
    )
    try:
        answer = await client.post(party.backchannel_url, data={"logout_token": token})
    except httpx.HTTPError as error:
        log.warning("logout-notice-failed", client_id=notice.client_id, why=type(error).__name__)
        return False
    if answer.status_code not in {200, 204}:
        log.warning("logout-notice-refused", client_id=notice.client_id, status=answer.status_code)
        return False
    return True
