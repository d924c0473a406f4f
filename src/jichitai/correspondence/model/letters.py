"""督促の文: what a letter to a body says. No name of a person, no figure of an incident."""

from dataclasses import dataclass
from datetime import date

from jichitai.correspondence.errors import BadDayError
from jichitai.correspondence.model.areas import Area
from jichitai.kernel.bodies import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A reminder in words."""

    subject: str
    text: str


def sensible(day: date | None) -> date | None:
    """A last day that can be written in a letter.

    Raises:
        BadDayError: outside of 2000 to 2100.

    Source: none; rule of this project.
    """
    if day is not None and not 2000 <= day.year <= 2100:
        raise BadDayError("日付は2000年から2100年までで入れてください。")
    return day


def letter_text(body: Body, text: str, *, area: Area, sender: str) -> str:
    """The text of the e-mail around the officer's words.

    Source: none; wording of this project.
    """
    return (
        f"{body.full_name}\n{area.section} 御中\n\n{text}\n\n"
        f"同じ内容を、システムの「{area.inbox}」のページにも届けています。\n"
        "このメールには返信できません。\n\n"
        f"{sender}\n"
    )
