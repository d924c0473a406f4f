"""署名検証者・利用者証明検証者: bodies that may ask about certificates, and for what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.errors import ForbiddenError, InvalidError, NotFoundError

_COLUMNS: Final = "body_id, name, service, origin, kinds, state"
_SAVE: Final = """
insert into jpki.verifying_body (body_id, name, service, origin, kinds, state, registered_at)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict (body_id) do update
   set name = excluded.name, service = excluded.service, origin = excluded.origin,
       kinds = excluded.kinds, state = excluded.state
"""


class BodyState(StrEnum):
    """Whether a body may ask."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class UnknownBodyError(NotFoundError):
    """No verifier is registered under this name."""

    type = "jpki.unknown-verifier"
    title = "この検証者は登録されていません"


class NotVerifierError(ForbiddenError):
    """The program's body is no verifier, or not of this kind of certificate.

    Source: 公的個人認証法 第17条 (署名検証者), 第36条 (利用者証明検証者).
    """

    type = "jpki.not-verifier"
    title = "電子証明書を検証する者として届け出ていません"


class UnfitOriginError(InvalidError):
    """Where a body's pages are must be an origin that a card agent can name."""

    type = "jpki.unfit-origin"
    title = "サイトの場所の書き方に誤りがあります"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A verifier: one service of one body.

    Attributes:
        body_id: the body that its programs belong to at the token endpoint.
        name: of the body.
        service: what holders know it by; a consent is for this service only.
        origin: of its pages, as the card agent sees it.
        kinds: certificates that it may ask about.
        state: whether it may ask.
    """

    body_id: str
    name: str
    service: str
    origin: str
    kinds: frozenset[CertificateKind]
    state: BodyState = BodyState.ACTIVE

    def demand(self, kind: CertificateKind) -> None:
        """Refuse a question about a kind that was not notified.

        Raises:
            NotVerifierError: it is not among its kinds.
        """
        if kind not in self.kinds:
            raise NotVerifierError(
                f"{kind.japanese}の検証者として届け出ていないため、照会できません。"
                "届出と取決めの変更を申し出てください。",
                kind=str(kind),
            )


async def register(tx: Tx, body: Body, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Register a verifier, or change its registration.

    Raises:
        UnfitOriginError: the origin is no origin.

    Source: 公的個人認証法 第17条第4項, 第36条第2項 (届出, 取決め).
    """
    parts = urlsplit(body.origin)
    plain = f"{parts.scheme}://{parts.netloc}" == body.origin and parts.hostname
    if not plain or parts.scheme not in {"https", "http"} or parts.username is not None:
        raise UnfitOriginError(
            "サイトの場所は https://example.jp の形で、パスを付けずに書いてください。"
            "カードの画面で利用者が相手を確かめるためです。"
        )
    values = (
        body.body_id,
        body.name,
        body.service,
        body.origin,
        sorted(body.kinds),
        body.state,
        at,
    )
    await tx.execute(_SAVE, values)
    await audit.record(
        tx,
        by=by,
        action="jpki.verifier.register",
        subject=body.body_id,
        reason=reason or None,
        facts={"kinds": sorted(body.kinds), "state": str(body.state)},
    )


async def asking(tx: Tx, body_id: str) -> Body:
    """The body that asks now.

    Raises:
        NotVerifierError: it is not registered, or suspended.
    """
    found = await find(tx, body_id)
    if found is None or found.state is not BodyState.ACTIVE:
        raise NotVerifierError(
            "電子証明書を検証する者として登録されていないか、利用が停止されています。"
            "届出と取決めを済ませてください。"
        )
    return found


async def find(tx: Tx, body_id: str) -> Body | None:
    """One verifier, or None."""
    query = f"select {_COLUMNS} from jpki.verifying_body where body_id = %s"
    row = await (await tx.execute(query, (body_id,))).fetchone()
    return None if row is None else _body(row)


async def everyone(tx: Tx) -> list[Body]:
    """All verifiers by name."""
    query = f"select {_COLUMNS} from jpki.verifying_body order by body_id"
    return [_body(row) for row in await (await tx.execute(query)).fetchall()]


def _body(row: Sequence[Any]) -> Body:
    return Body(
        body_id=row[0],
        name=row[1],
        service=row[2],
        origin=row[3],
        kinds=frozenset(map(CertificateKind, row[4])),
        state=BodyState(row[5]),
    )
