"""The paper of a published policy: what the template is given, and its signature."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jichitai.infra.documents import pdf
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST, wareki
from jichitai.security.organs import Organ
from jichitai.security.policy.model.interview import organ_name
from jichitai.security.policy.model.text import Document, blocks, enactment, label
from jichitai.security.policy.seal import Seal, sign
from jichitai.security.policy.store.policies import AdoptionRow

FOLDER: Final = Path(__file__).resolve().parent / "typst"


def content(
    document: Document, adoptions: Sequence[AdoptionRow], body: Body, at: datetime, *, mark: str
) -> dict[str, Any]:
    """What the template is given."""
    return {
        "title": document.name,
        "office": body.full_name,
        "date": wareki(at.astimezone(JST).date()),
        "mark": mark,
        "designated": document.designated,
        "organs": organ_names(document.organs, body),
        "version": f"第{document.version}版",
        "supplement": enactment(document.part, document.effective_on),
        "hash": document.hash,
        "clauses": [
            {
                "label": label(document.form, number, clause.title),
                "blocks": [
                    {"number": one.number, "text": one.text, "items": list(one.items)}
                    for one in blocks(clause.body, document.form)
                ],
            }
            for number, clause in enumerate(document.clauses, start=1)
        ],
        "decisions": [
            [organ_name(one.by, body), one.decision_number, wareki(one.decided_on)]
            for one in adoptions
        ],
    }


def organ_names(organs: Sequence[str], body: Body) -> str:
    """Names of organs as this body writes them."""
    return "、".join(organ_name(Organ(one), body) for one in organs)


def signed(values: dict[str, Any], seal: Seal, at: datetime) -> bytes:
    """The signed PDF; for a thread."""
    plain = pdf.typeset("policy.typ", values, folder=FOLDER, made_at=at)
    return sign(plain, seal, reason="地方自治法第244条の6第2項による公表")
