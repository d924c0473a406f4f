"""取得元を登録する: whose logs come from where, and with which token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final, TypeVar
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.monitoring.errors import (
    AddressTakenError,
    SourceRefusedError,
    SourceRetiredError,
    UnknownSourceError,
    WrongTokenError,
)
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat, Source
from jichitai.security.monitoring.service.places import check_member
from jichitai.security.monitoring.store import sources as store
from jichitai.web.rights import Principal

_Kind = TypeVar("_Kind", Area, Function, LogFormat)

_WIDEST: Final = {4: 16, 6: 48}
"""A network that one source sends from may not be wider than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """What an analyst says of a source."""

    body: str
    area: str
    function: str
    format: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources of one node's prefectures."""

    clock: Clock

    async def register(self, tx: Tx, wanted: NewSource, *, by: Principal) -> tuple[Source, str]:
        """Register a source of a member body.

        Returns:
            The source, and its token, which is shown this once.

        Raises:
            NotMemberError: the body belongs to another prefecture.
            SourceRefusedError: an entry is wrong; `field` names it.
            AddressTakenError: another source sends from the address, of whatever prefecture.
        """
        prefecture = by.body_prefecture()
        await check_member(tx, prefecture, wanted.body)
        source = Source(
            prefecture=prefecture,
            source_id=uuid4(),
            body=wanted.body,
            area=_choice(Area, wanted.area, "area", "領域"),
            function=_choice(Function, wanted.function, "function", "機能"),
            format=_choice(LogFormat, wanted.format, "format", "形式"),
            name=_name(wanted.name),
            address=_address(wanted.address),
            heading="",
            registered_at=self.clock.now(),
            retired_at=None,
        )
        if source.address is not None:
            await store.hold(tx)
            if await store.overlapping(tx, source.address):
                raise AddressTakenError(
                    "この送信元アドレスは、ほかの取得元に登録されています。1つのアドレスのログを2つの"
                    "団体のものとして扱うことはできません。アドレスを確かめてください。"
                )
        await store.insert(tx, source, by=by.account_id)
        token = await self._token(tx, source)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.source.register",
            subject=str(source.source_id),
            facts={"body": source.body, "format": source.format.value},
            at=source.registered_at,
        )
        return source, token

    async def renew_token(self, tx: Tx, source_id: UUID, *, by: Principal) -> str:
        """Give a source a new token; the one before ends at once.

        Raises:
            UnknownSourceError, SourceRetiredError: there is no such source in use.
        """
        source = in_use(await store.get(tx, source_id, by.body_prefecture()))
        token = await self._token(tx, source)
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.source.token",
            subject=str(source_id),
            at=self.clock.now(),
        )
        return token

    async def retire(self, tx: Tx, source_id: UUID, *, by: Principal) -> None:
        """Take a source out of use. What it sent stays.

        Raises:
            UnknownSourceError, SourceRetiredError: there is no such source in use.
        """
        source = in_use(await store.get(tx, source_id, by.body_prefecture()))
        await store.retire(tx, source, self.clock.now())
        await audit.record(
            tx,
            by=by.actor,
            action="security.monitoring.source.retire",
            subject=str(source_id),
            at=self.clock.now(),
        )

    async def _token(self, tx: Tx, source: Source) -> str:
        token = secrets.token_urlsafe(32)
        await store.set_token(tx, source, _hash(token), self.clock.now())
        return token


async def of_token(tx: Tx, source_id: UUID, token: str) -> Source:
    """The source that shows this token.

    Raises:
        WrongTokenError: no such source, or another token; which of both is not said.
    """
    refused = WrongTokenError(
        "取得元の番号とトークンが合わないため、ログを受け取っていません。取得元のページで番号を"
        "確かめ、必要ならトークンを作り直してください。"
    )
    try:
        source = in_use(await store.get(tx, source_id))
    except (UnknownSourceError, SourceRetiredError):
        raise refused from None
    kept = await store.token_hash(tx, source)
    if kept is None or not hmac.compare_digest(kept, _hash(token)):
        raise refused
    return source


def in_use(source: Source) -> Source:
    """The source, if it is in use.

    Raises:
        SourceRetiredError: it was taken out of use.
    """
    if source.retired_at is not None:
        raise SourceRetiredError(
            "この取得元は廃止されているため、操作できません。使うときは新しく登録してください。"
        )
    return source


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _choice(kind: type[_Kind], value: str, field: str, label: str) -> _Kind:
    try:
        return kind(value)
    except ValueError:
        raise SourceRefusedError(
            f"{label}が選ばれていないか、選択肢にない値です。選び直してください。", field=field
        ) from None


def _name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= 80:  # fits the list
        raise SourceRefusedError(
            "取得元の名前は1文字から80文字で書いてください。一覧で見分けるために使います。",
            field="name",
        )
    return name


def _address(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise SourceRefusedError(
            "送信元アドレスを読み取れません。192.0.2.10 か 192.0.2.0/28 の形で書いてください。",
            field="address",
        ) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise SourceRefusedError(
            "送信元の範囲が広すぎます。ほかの団体の機器が入らないように、狭く書いてください。",
            field="address",
        )
    return str(network)
