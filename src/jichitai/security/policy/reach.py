"""Looking at a published address as anybody would: only public hosts, little, and not for long.

Source: 地方自治法 第244条の6第2項 (公表).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from typing import Final, Protocol, TypeAlias
from urllib.parse import urljoin, urlsplit, urlunsplit

import anyio.to_thread
import httpx

from jichitai.kernel.errors import UnavailableError
from jichitai.security.policy.errors import BadAddressError

LARGEST: Final = 10 * 1024 * 1024
SECONDS: Final = 15.0
REDIRECTS: Final = 3
_PAGES: Final = 300
_LONGEST: Final = 300
_AGENT: Final = "jichitai-policy-check"


class UnreachableError(UnavailableError):
    """The address did not answer with a document."""

    type = "security.policy-unreachable"
    title = "公開先のアドレスに届きません"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered."""

    kind: str
    content: bytes


Names: TypeAlias = Callable[[str, int], Awaitable[list[str]]]


class Fetcher(Protocol):
    """Fetches a public address."""

    async def fetch(self, address: str) -> Fetched:
        """The document at an address.

        Raises:
            BadAddressError: it is not one of a public document.
            UnreachableError: it does not answer with one.
        """


def address_of(text: str) -> str:
    """An address that a policy can be published at.

    Raises:
        BadAddressError: no http or https, a user name inside, or too long.
    """
    cleaned = text.strip()
    try:
        parts = urlsplit(cleaned)
        good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.username is None
            and parts.password is None
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        good = False
    if not good or len(cleaned) > _LONGEST or not cleaned.isprintable() or " " in cleaned:
        raise BadAddressError(
            "公開先のアドレスは、https:// または http:// で始まる、だれでも開けるページにしてください。"
            f"{_LONGEST}字までです。",
            fields={"address": "https:// で始まるアドレスを入力してください。"},
        )
    return urlunsplit(parts._replace(fragment=""))


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses that a name leads to.

    Raises:
        UnreachableError: none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise UnreachableError("サーバーの名前が見つかりません。") from None
    return [str(one[4][0]) for one in found]


class HttpFetcher:
    """Fetches by HTTP.

    The name is looked up once and the connection goes to the address that was checked, so that a
    name cannot lead inside the body's network. A redirect is checked in the same way.
    """

    def __init__(
        self,
        *,
        inside: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        names: Names = addresses_of,
    ) -> None:
        """Take what it stands on.

        Args:
            inside: whether addresses inside may be asked, as in rehearsals.
            transport: how requests are made; the network when left out.
            names: how names are looked up.
        """
        self._inside = inside
        self._transport = transport
        self._names = names

    async def fetch(self, address: str) -> Fetched:
        """The document at an address.

        Raises:
            BadAddressError: it, or where it redirects to, is not public.
            UnreachableError: no answer, an error, too many redirects, or too large.
        """
        try:
            async with asyncio.timeout(SECONDS):
                return await self._follow(address_of(address))
        except TimeoutError:
            raise UnreachableError(f"{SECONDS:.0f}秒待っても終わりませんでした。") from None
        except httpx.HTTPError as error:
            raise UnreachableError(f"つながりませんでした（{type(error).__name__}）。") from None

    async def _follow(self, address: str) -> Fetched:
        async with httpx.AsyncClient(
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(SECONDS),
            headers={"user-agent": _AGENT},
        ) as client:
            for _ in range(REDIRECTS + 1):
                found = await self._once(client, address)
                if isinstance(found, Fetched):
                    return found
                address = address_of(urljoin(address, found))
        raise UnreachableError(f"転送が{REDIRECTS}回を超えました。")

    async def _once(self, client: httpx.AsyncClient, address: str) -> Fetched | str:
        url = httpx.URL(address)
        target = await self._checked(url.host, url.port or (443 if url.scheme == "https" else 80))
        request = client.build_request(
            "GET",
            url.copy_with(host=target),
            headers={"host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )
        response = await client.send(request, stream=True)
        try:
            if response.is_redirect:
                return str(response.headers.get("location", ""))
            if response.status_code != httpx.codes.OK:
                raise UnreachableError(f"「{response.status_code}」という答えでした。")
            content = await _limited(response)
        finally:
            await response.aclose()
        return Fetched(response.headers.get("content-type", "").partition(";")[0].strip(), content)

    async def _checked(self, host: str, port: int) -> str:
        """The address to connect to.

        Raises:
            BadAddressError: one of the host's addresses is not public.
        """
        addresses = [ipaddress.ip_address(one) for one in await self._names(host, port)]
        if not self._inside and not all(_public(one) for one in addresses):
            raise BadAddressError(
                "公開先が、団体の内部のネットワークにあります。だれでも開けるアドレスにしてください。"
            )
        return str(addresses[0])


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _limited(response: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > LARGEST:
            raise UnreachableError(f"{LARGEST // 1024 // 1024} MiBを超える文書でした。")
    return bytes(content)


async def text_of(found: Fetched) -> str:
    """The text that people see in a page or a PDF; empty for anything else."""
    if found.kind == "application/pdf" or found.content.startswith(b"%PDF-"):
        return await anyio.to_thread.run_sync(_pdf_text, found.content)
    if found.kind in {"text/html", "application/xhtml+xml", "text/plain"}:
        text = found.content.decode("utf-8", "replace")
        return text if found.kind == "text/plain" else _html_text(text)
    return ""


def _pdf_text(content: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(content))
        return "\n".join(page.extract_text() for page in reader.pages[:_PAGES])
    except (PyPdfError, ValueError, KeyError, RecursionError):
        return ""


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Leave out what is not shown."""
        self._hidden += tag in {"script", "style", "template"}

    def handle_endtag(self, tag: str) -> None:
        """See `handle_starttag`."""
        if tag in {"script", "style", "template"} and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        if not self._hidden:
            self.parts.append(data)


def _html_text(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return "".join(reader.parts)
