"""Words around a document that every format shares."""

from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.model.looking import year_text
from jichitai.kernel.dates import both

DRAFT = "案"


def mark(document: Document) -> str:
    """案 on a draft, 第2版 on a later edition, else nothing."""
    if document.edition == 0:
        return DRAFT
    return f"第{document.edition}版" if document.edition > 1 else ""


def year(document: Document) -> str:
    """The fiscal year that is evaluated."""
    return f"{year_text(document.fiscal_year)}の評価"


def dates(document: Document) -> str:
    """As of when, and published when."""
    known = f"{both(document.as_of)}現在"
    if document.published_on is None:
        return known
    return f"{known}　{both(document.published_on)}公表"


def foot(document: Document) -> str:
    """What stands at the foot of every page."""
    marked = mark(document)
    return "　".join(one for one in (marked, dates(document), document.office) if one)
