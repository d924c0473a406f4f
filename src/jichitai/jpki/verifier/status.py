"""Sources of status, put together: one after another, from the authority's own records, over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

import httpx

from jichitai.jpki.kinds import CertificateState, Reason
from jichitai.jpki.verifier.crl import Fetch, refuse_revoked
from jichitai.jpki.verifier.model import Confirmation, StatusSource, Subject
from jichitai.jpki.verifier.ocsp import Ask
from jichitai.jpki.verifier.refusals import StatusUnreachableError, UnknownStatusError
from jichitai.kernel.errors import UnavailableError

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a list; the full one of 100 million certificates stays below."""
OCSP_PATH: Final = "/jpki/ocsp"
_TYPE: Final = "application/ocsp-request"


class InOrder:
    """Asks the next source only when the one before could not say.

    A refusal because of the certificate itself ends the search: no other source is asked until one
    says what one would like to hear.
    """

    def __init__(self, *sources: StatusSource) -> None:
        """Ask `sources` in this order; at least one."""
        self._sources = sources

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """The first answer."""
        problem: UnavailableError | None = None
        for source in self._sources:
            try:
                return await source.confirm(subject, at)
            except UnavailableError as error:
                problem = error
        raise problem or _unreachable()


class Record(Protocol):
    """How the authority's own table holds a certificate."""

    @property
    def state(self) -> CertificateState:
        """Valid, held or revoked."""
        ...

    @property
    def reason(self) -> Reason | None:
        """Why it ended."""
        ...

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""
        ...


class RecordedStatus:
    """The authority's own records, always up to date; for the nation's programs.

    Args:
        state_of: the record by id of the authority and serial; None: never issued.
    """

    def __init__(self, state_of: Callable[[str, int], Awaitable[Record | None]]) -> None:
        """Keep how to ask."""
        self._state_of = state_of

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Refuse a certificate that the records do not show as valid."""
        found = await self._state_of(subject.authority, subject.serial)
        if found is None:
            raise UnknownStatusError(
                "認証局の記録に、この発行の番号の電子証明書がありません。偽造のおそれがあります。"
                "電子証明書をカードから読み直してやり直してください。"
            )
        if found.state is not CertificateState.VALID:
            held = found.state is CertificateState.HELD
            reason = Reason.HOLD if held else found.reason or Reason.UNSPECIFIED
            refuse_revoked(reason, found.ended_at or at)
        return Confirmation(source="record", this_update=at, next_update=at)


def http_fetch(client: httpx.AsyncClient) -> Fetch:
    """Fetch lists over HTTP.

    Args:
        client: with the base address of who publishes, and with a timeout.
    """

    async def fetch(path: str) -> bytes:
        return await _read(client, client.build_request("GET", path))

    return fetch


def http_ask(client: httpx.AsyncClient, path: str = OCSP_PATH) -> Ask:
    """Ask a responder over HTTP.

    Args:
        client: with the base address of the responder, and with a timeout.
        path: of the responder.

    Source: RFC 6960 appendix A.1.
    """

    async def ask(question: bytes) -> bytes:
        headers = {"content-type": _TYPE}
        return await _read(
            client, client.build_request("POST", path, content=question, headers=headers)
        )

    return ask


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> bytes:
    """The body of a good answer, never more than the largest list."""
    try:
        response = await client.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                raise _unreachable(response.status_code)
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise _unreachable(response.status_code)
        finally:
            await response.aclose()
    except httpx.HTTPError:
        raise _unreachable() from None
    return bytes(body)


def _unreachable(code: int | None = None) -> StatusUnreachableError:
    return StatusUnreachableError(
        "失効情報を取得できません。失効していないことを確かめられないため受け付けません。"
        "ネットワークと問い合わせ先を確かめ、時間をおいてやり直してください。",
        **({} if code is None else {"code": code}),
    )
