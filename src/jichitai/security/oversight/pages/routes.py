"""All pages of 見守り by tier, for the composition root."""

from typing import Any, Final

from litestar import get, post
from litestar.types import ControllerRouterHandler

from jichitai.security.access import MINISTRY as OFFICERS
from jichitai.security.access import SUPERVISOR
from jichitai.security.oversight.pages import (
    boards,
    bodies,
    contacts,
    drafting,
    incidents,
    letters,
    rounds,
)
from jichitai.security.oversight.pages.shared import MEMBERS, MINISTRY, Urls

_SHEET: Final = 6 * 1024 * 1024
_ARCHIVE: Final = 50 * 1024 * 1024


def _pages(urls: Urls, roles: frozenset[str]) -> list[ControllerRouterHandler]:
    opt = {"roles": roles}

    def shown(path: str) -> Any:
        return get(path, opt=opt, include_in_schema=False)

    def sent(path: str, **options: Any) -> Any:
        return post(path, opt=opt, include_in_schema=False, **options)

    upload = f"{urls.contacts}/uploads/{{upload_id:uuid}}"
    survey = f"{urls.surveys}/{{round_id:uuid}}"
    answers = f"{survey}/uploads/{{upload_id:uuid}}"
    return [
        shown(urls.bodies)(boards.board),
        shown(f"{urls.bodies}/list")(boards.listed),
        shown(f"{urls.bodies}/list.csv")(boards.listed_csv),
        shown(f"{urls.bodies}/incidents")(incidents.listed),
        shown(f"{urls.bodies}/{{code:str}}")(bodies.body_page),
        sent(f"{urls.bodies}/{{code:str}}/contact")(bodies.save_contact),
        shown(urls.letters)(letters.log),
        shown(f"{urls.letters}/new")(letters.ask),
        sent(f"{urls.letters}/new")(letters.send),
        sent(f"{urls.letters}/{{letter_id:uuid}}/again")(letters.send_again),
        shown(urls.contacts)(contacts.listed),
        shown(f"{urls.contacts}.xlsx")(contacts.sheet),
        sent(f"{urls.contacts}/uploads", request_max_body_size=_SHEET)(contacts.take),
        shown(upload)(contacts.preview),
        sent(upload)(contacts.apply),
        shown(urls.surveys)(rounds.listed),
        shown(f"{urls.surveys}/new")(drafting.new),
        sent(f"{urls.surveys}/new")(drafting.make),
        shown(survey)(rounds.one),
        sent(survey)(rounds.move),
        shown(f"{survey}/edit")(drafting.edit),
        sent(f"{survey}/edit")(drafting.change),
        shown(f"{survey}/files.zip")(rounds.files),
        shown(f"{survey}/answers.xlsx")(rounds.table),
        sent(f"{survey}/uploads", request_max_body_size=_ARCHIVE)(rounds.take),
        shown(answers)(rounds.preview),
        sent(answers)(rounds.apply),
        shown(f"{answers}/marked.xlsx")(rounds.marked),
    ]


def ministry_pages() -> list[ControllerRouterHandler]:
    """The pages of the ministry."""
    area = get(
        f"{MINISTRY.bodies}/prefectures/{{code:str}}",
        opt={"roles": OFFICERS},
        include_in_schema=False,
    )
    return [*_pages(MINISTRY, OFFICERS), area(boards.prefecture_board)]


def member_pages() -> list[ControllerRouterHandler]:
    """The pages of a prefecture for its members."""
    return _pages(MEMBERS, SUPERVISOR)
