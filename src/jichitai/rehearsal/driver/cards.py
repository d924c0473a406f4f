"""People of the story get their cards at the counter, and sign in with them.

Everything goes over HTTP as it does for anybody: a clerk takes the application, a terminal writes the
chip with the ticket, the clerk hands it over, and the holder answers the sign-in page's question with
the card. Only the reader is missing: the chip's file answers in this process.
"""

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import anyio.to_thread
import httpx
from PIL import Image

from jichitai.jpki.chip import portraits
from jichitai.jpki.chip.contents import ChosenPins
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.model import Stage as CounterStage
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent.deeds import answer
from jichitai.jpki.reader.agent_protocol import CardRequest, WriteRequest
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import ChipSource
from jichitai.jpki.reader.writing import Stage, Writing
from jichitai.jpki.reader.writing_api import WritingApi
from jichitai.kernel.dates import UncertainDate, age_on
from jichitai.kernel.secrets import Secret
from jichitai.rehearsal.driver import cast
from jichitai.rehearsal.driver.visitor import RefusedError, UnreachableError, Visitor
from jichitai.rehearsal.heroes import Hero

FOLDER: Final = "cards"
USER_AUTH_PIN: Final = "1234"
SIGNING_PIN: Final = "ABC123"
"""PINs of the invented people's cards, told to whoever plays with the rehearsal."""
_SIGNS_FROM: Final = 15
_REASON: Final = "カードの交付"
_FIELD: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_HTML: Final = {"accept": "text/html"}
_FIRST: Final = 9_000_000_000_000
_UNWRITTEN: Final = frozenset({CounterStage.OPEN, CounterStage.WAITING, CounterStage.ANSWERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """A card that was handed over.

    Attributes:
        hero: whose it is.
        file: of the chip.
        kinds: certificates in it.
    """

    hero: Hero
    file: Path
    kinds: tuple[CertificateKind, ...]


async def issue(
    origin: str, hero: Hero, folder: Path, *, serial: int, writer_key: bytes, today: date
) -> HeldCard:
    """Issue, write and hand over a card at the counter of the hero's town.

    What an interrupted run left is taken up again where it stopped.

    Args:
        origin: of the town tier.
        hero: who comes.
        folder: where the chip's file is put.
        serial: of the card in this rehearsal, from 1.
        writer_key: of the card centre, which every blank chip knows.
        today: law day.

    Raises:
        RefusedError: the counter refuses.
        UnreachableError: the card could not be written.
    """
    file = folder / f"{serial}-{hero.title}.chip"
    number = f"{_FIRST + serial:013}"
    if not file.exists():
        Chip.make_blank(file, number, writer_key).close()
    age = age_on(UncertainDate.parse(hero.birth).sort_key, today)
    young = age < _SIGNS_FROM
    kinds = (CertificateKind.USER_AUTH,) if young else (*reversed(CertificateKind),)
    async with Visitor(origin, cast.account_id(hero.town, "clerk")) as clerk:
        noted = file.with_suffix(".request")
        if not noted.exists():
            noted.write_text(await _apply(clerk, hero, number, kinds, age=age))
        place = f"/api/v1/jpki/cards/{noted.read_text()}"
        state = (await clerk.call("GET", place))["state"]
        if state in _UNWRITTEN:
            ticket = await clerk.call("POST", f"{place}/ticket")
            asked = WriteRequest(ticket=ticket["ticket"], return_url=f"{origin}/counter/cards")
            await anyio.to_thread.run_sync(_write, asked, file, kinds)
        if state != CounterStage.HANDED_OVER:
            handed = {
                "received_by": "agent" if young else "holder",
                "face_compared": True,
                "contents_confirmed": True,
            }
            await clerk.call("POST", f"{place}/hand-over", handed)
    return HeldCard(hero=hero, file=file, kinds=kinds)


async def _apply(
    clerk: Visitor, hero: Hero, number: str, kinds: tuple[CertificateKind, ...], *, age: int
) -> str:
    found = await clerk.call(
        "POST",
        "/api/v1/residents/search",
        {"reason": _REASON, "name": hero.name, "birth_date": hero.birth},
    )
    young = age < _SIGNS_FROM
    application: dict[str, Any] = {
        "resident_id": found["hits"][0]["id"],
        "chip_number": number,
        "kinds": list(kinds),
        "case": Case.REPRESENTATIVE if young else Case.HOLDER,
        "documents": ["maternity", "medical"] if young else ["driver"],
        "agent_documents": ["driver"] if young else [],
    }
    if age >= 1:
        application["photo"] = _photo(hero.name)
    return str((await clerk.call("POST", "/api/v1/jpki/cards", application))["request_id"])


def _photo(seed: str) -> str:
    """An invented face, as a JPEG in base64."""
    out = BytesIO()
    with Image.open(BytesIO(portraits.portrait(seed))) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=90)
    return base64.b64encode(out.getvalue()).decode()


def _write(asked: WriteRequest, file: Path, kinds: tuple[CertificateKind, ...]) -> None:
    signing = Secret(SIGNING_PIN) if CertificateKind.SIGNING in kinds else None
    four = Secret(USER_AUTH_PIN)
    with WritingApi(asked) as api:
        writing = Writing(api, ChipSource(file), api.order())
        writing.run(ChosenPins(user_auth=four, signing=signing, input=four, register=four))
    if writing.stage is not Stage.DONE:
        raise UnreachableError(f"card not written: {writing.problem}")


class CardHolder(Visitor):
    """A resident who signs in at the nation with the card.

    Args:
        origin: of the nation tier.
        card: whose it is and where it lies.
    """

    def __init__(self, origin: str, card: HeldCard) -> None:
        super().__init__(origin, UUID(int=0))
        self._card = card

    async def sign_in(self) -> None:
        """Go through the pages as a browser and the card's agent do."""
        self._client.cookies.clear()
        page = await self._followed("/sign-in/card?return=/sign-in/passkeys")
        request = CardRequest.parse(_fields(page.text, "transaction"))
        pin = Pin(PinKind.USER_AUTH, USER_AUTH_PIN)
        source = ChipSource(self._card.file)
        said = await anyio.to_thread.run_sync(answer, source, request, pin)
        place = urlsplit(request.return_url).path
        back = await self._send("POST", place, data=said.fields(), headers=_HTML)
        page = await self._followed(_next(back))
        form = {**_fields(page.text, "_csrf_token"), "decision": "agree"}
        opened = await self._send("POST", page.url.path, data=form, headers=_HTML)
        self.keep_token(await self._followed(_next(opened)))

    async def _followed(self, path: str) -> httpx.Response:
        """A page at the end of its redirections."""
        found = await self._send("GET", path, headers=_HTML)
        while found.is_redirect:
            found = await self._send("GET", _next(found), headers=_HTML)
        if not found.is_success:
            raise RefusedError(found.status_code, {"type": "card-sign-in"}, path.partition("?")[0])
        return found


def _next(answer: httpx.Response) -> str:
    if not answer.is_redirect:
        raise RefusedError(answer.status_code, {"type": "card-sign-in"}, answer.url.path)
    parts = urlsplit(answer.headers["location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _fields(page: str, needed: str) -> Mapping[str, str]:
    """Hidden fields of the form that has a certain one."""
    for form in page.split("<form ")[1:]:
        found = {name: html.unescape(value) for name, value in _FIELD.findall(form)}
        if needed in found:
            return found
    raise RefusedError(200, {"type": "no-form"}, needed)
