"""A person at a browser or terminal: signs in, calls, waits out an outage, and tries again."""

import asyncio
import re
import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
_PERSONAS = "/sign-in/personas"
_OWN_PAGE = "/sign-in/passkeys"
_HTML = {"accept": "text/html"}
_AGAIN = frozenset({429, 502, 503, 504})


class RefusedError(Exception):
    """The tier refused a call.

    Attributes:
        status: HTTP status.
        problem: the RFC 9457 problem.
    """

    def __init__(self, status: int, problem: dict[str, Any], path: str) -> None:
        """Keep the answer; the message names the kind and the path, never a person."""
        super().__init__(f"{status} {problem.get('type', '?')} {path} {self.codes_of(problem)}")
        self.status = status
        self.problem = problem

    @staticmethod
    def codes_of(problem: dict[str, Any]) -> frozenset[str]:
        """Codes of the findings that a refusal lists."""
        return frozenset(str(found.get("code", "")) for found in problem.get("errors", ()))

    @property
    def type(self) -> str:
        """Kind of the refusal, as the problem names it."""
        return str(self.problem.get("type", ""))

    @property
    def codes(self) -> frozenset[str]:
        """Codes of the findings that this refusal lists."""
        return self.codes_of(self.problem)


class UnreachableError(Exception):
    """The tier did not answer within the visitor's patience."""


class Visitor:
    """One persona at one tier.

    Args:
        origin: of the tier, without a trailing slash.
        account: the persona.
        patience: seconds to go on trying while the tier does not answer.
    """

    def __init__(self, origin: str, account: UUID, *, patience: float = 60.0) -> None:
        """Nobody is signed in yet."""
        self.origin = origin
        self.account = account
        self.patience = patience
        self._client = httpx.AsyncClient(
            base_url=origin,
            timeout=30.0,
            trust_env=False,
            verify=origin.startswith("https:"),  # reading the root certificates takes 0.1 s
        )
        self._token = ""
        self._door = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def sign_in(self) -> None:
        """Sign in as the persona, as the pages do it."""
        self._client.cookies.clear()
        page = await self._send("GET", _PERSONAS, headers=_HTML)
        form = {
            "_csrf_token": _form_token(page),
            "account_id": str(self.account),
            "path": _OWN_PAGE,
        }
        answer = await self._send("POST", _PERSONAS, data=form, headers=_HTML)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise RefusedError(answer.status_code, {"type": "sign-in"}, _PERSONAS)
        self.keep_token(await self._send("GET", _OWN_PAGE, headers=_HTML))

    def keep_token(self, page: httpx.Response) -> None:
        """Take the token that later calls show from a page with a form."""
        self._token = _form_token(page)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the JSON interface; the answer's content.

        Repeated while the tier is away, so the call must be safe to repeat.

        Raises:
            RefusedError: a refusal that waiting does not mend.
            UnreachableError: no answer within the patience.
        """
        for attempt in (1, 2):
            seen = self._token
            if not seen:
                await self._open_door(seen)
            answer = await self._send(
                method, path, json=body, headers={"x-csrf-token": self._token}
            )
            if answer.status_code == httpx.codes.UNAUTHORIZED and attempt == 1:
                await self._open_door(self._token)
                continue
            break
        if answer.is_success:
            return answer.json() if answer.content else None
        raise RefusedError(answer.status_code, _problem(answer), path)

    async def download(self, path: str) -> bytes:
        """Fetch a file."""
        if not self._token:
            await self._open_door("")
        answer = await self._send("GET", path)
        if not answer.is_success:
            raise RefusedError(answer.status_code, _problem(answer), path)
        return answer.content

    async def page(self, path: str) -> httpx.Response:
        """Open a page."""
        if not self._token:
            await self._open_door("")
        return await self._send("GET", path, headers=_HTML)

    async def _open_door(self, stale: str) -> None:
        """Sign in once, however many calls found the session closed."""
        async with self._door:
            if self._token == stale:
                await self.sign_in()

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        deadline = time.monotonic() + self.patience
        pause = 0.05
        while True:
            problem = "no answer"
            try:
                answer = await self._client.request(method, path, **options)
                if answer.status_code not in _AGAIN:
                    return answer
                problem = str(answer.status_code)
            except httpx.TransportError as error:
                problem = type(error).__name__
            if time.monotonic() > deadline:
                raise UnreachableError(f"{method} {self.origin}{path}: {problem}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)


def _form_token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    if found is None:
        raise RefusedError(page.status_code, {"type": "no-form"}, str(page.url.path))
    return found[1]


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
