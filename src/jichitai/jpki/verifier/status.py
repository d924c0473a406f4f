"""Sources of status, put together: one after another, and over HTTP."""

from datetime import datetime
from typing import Final

import httpx

from jichitai.jpki.verifier.crl import Fetch
from jichitai.jpki.verifier.model import Confirmation, StatusSource, Subject
from jichitai.jpki.verifier.ocsp import Ask
from jichitai.jpki.verifier.refusals import StatusUnreachableError
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
