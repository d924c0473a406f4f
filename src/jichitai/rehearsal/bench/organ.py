"""A public body that asks: registered at the nation, with a program that holds a real token."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database
from jichitai.jukinet.provision import service as provision
from jichitai.jukinet.provision.model import Organ, State
from jichitai.web.oauth import model
from jichitai.web.oauth import service as oauth
from jichitai.web.oauth.model import Client, ClientState

ORGAN: Final = "bench-organ"
OPERATOR: Final = "op-1"
AFFAIR: Final = "T1-77"
_PROGRAM: Final = "bench-program"
_QUOTA: Final = 2_000_000_000


async def register(database: Database) -> ECKey:
    """Register the body, its operator and its program; returns the program's key."""
    clock = SystemClock()
    key = ECKey.generate_key("P-256", {"kid": "bench-1"})
    program = Client(
        client_id=_PROGRAM,
        organ_id=ORGAN,
        display="性能測定",
        jwks={"keys": [key.as_dict(private=False)]},
        scopes=frozenset(model.SCOPES),
        state=ClientState.ACTIVE,
        not_after=datetime.fromtimestamp(time.time(), UTC) + timedelta(days=1),
    )
    organ = Organ(ORGAN, "性能測定の機関", frozenset({AFFAIR}), _QUOTA, State.ACTIVE)
    async with database.transaction() as tx:
        await provision.register_organ(tx, organ, by=SYSTEM, clock=clock)
        await provision.register_operator(
            tx, ORGAN, OPERATOR, "性能測定　担当", by=SYSTEM, clock=clock
        )
        await oauth.register(tx, program, by=SYSTEM)
    return key


async def token(origin: str, key: ECKey) -> str:
    """An access token of the program (private_key_jwt, RFC 7523)."""
    now = int(time.time())
    claims = {
        "iss": _PROGRAM,
        "sub": _PROGRAM,
        "aud": f"{origin}/oauth/token",
        "iat": now,
        "exp": now + 300,
        "jti": uuid4().hex,
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": model.ASSERTION_TYPE,
        "client_assertion": jwt.encode(
            {"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"]
        ),
    }
    return await asyncio.to_thread(_post, f"{origin}/oauth/token", form)


def _post(url: str, form: dict[str, str]) -> str:
    request = Request(url, data=urlencode(form).encode())  # noqa: S310  # our own loopback URL
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])
