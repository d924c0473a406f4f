"""A report as one HTML file that needs nothing else: for keeping, sending and printing."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.renderers import words
from jichitai.evaluation.reports.renderers.shown import shown

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"
_LOOK: Final = Path(__file__).with_name("file.css")
"""The file carries its look: it is kept and sent, never a page of the site."""


def page(document: Document) -> bytes:
    """Both papers on one page; the same document gives the same bytes."""
    context: dict[str, Any] = {
        "document": document,
        "doc": shown(document),
        "summary": document.paper("summary"),
        "statement": document.paper("statement"),
        "mark": words.mark(document),
        "year": words.year(document),
        "dates": words.dates(document),
        "look": _look(),
    }
    made = _environment().get_template("evaluation_reports/file.html").render(context)
    return (made + "\n").encode()


@cache
def _look() -> Markup:
    css = _LOOK.read_text("utf-8")
    return Markup(f"<style>\n{css}</style>")  # noqa: S704 - our own file


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
