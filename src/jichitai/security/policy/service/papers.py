"""Papers of a version for reading inside the body: not signed, marked as a draft or as internal."""

from datetime import datetime

import anyio.to_thread

from jichitai.infra.database import Tx
from jichitai.infra.documents import pdf
from jichitai.security.access import own_body
from jichitai.security.errors import UnknownDocumentError
from jichitai.security.policy import paper
from jichitai.security.policy.model.states import WORKING
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.service.reading import document
from jichitai.security.policy.store import clauses as clause_store
from jichitai.security.policy.store import policies as store
from jichitai.security.policy.store.policies import VersionRow


def part_named(name: str) -> Part:
    """The part with this name in addresses.

    Raises:
        UnknownDocumentError: there is none.
    """
    try:
        return Part(name)
    except ValueError:
        raise UnknownDocumentError(
            "文書は basic（基本方針）か standard（対策基準）です。版のページから開き直してください。"
        ) from None


async def inside(tx: Tx, version: VersionRow, part: Part, at: datetime) -> bytes:
    """One part of a version as a PDF."""
    place = (version.municipality, version.policy_id, version.version)
    body = await own_body(tx, version.municipality)
    clauses = await clause_store.clauses(tx, place, part=part)
    adoptions = [one for one in await store.adoptions(tx, *place) if one.round == version.round]
    marks = []
    if part is Part.STANDARD:
        marks.append("部内限り・公表しない")
    if version.step in WORKING:
        marks.append(f"案（{version.step.japanese}）")
    values = paper.content(
        document(version, clauses, part, body), adoptions, body, at, mark="　".join(marks)
    )
    return await anyio.to_thread.run_sync(
        lambda: pdf.typeset("policy.typ", values, folder=paper.FOLDER, made_at=at)
    )
