"""The systems of a body, as checks name them: from the register of assets."""

from dataclasses import dataclass
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.security.assets import store


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSystem:
    """A system that can be checked by itself."""

    system_id: UUID
    name: str
    area: str
    cloud: bool
    description: str = ""
    vendor: str = ""
    confidentiality: str = ""
    integrity: str = ""
    availability: str = ""


async def known(tx: Tx, body: str) -> list[KnownSystem]:
    """Systems of a body that are in use, by number."""
    return [
        KnownSystem(
            system_id=one.id,
            name=one.draft.name,
            area=one.draft.area,
            cloud=one.draft.form.on_cloud,
            description=one.draft.note,
            vendor=one.draft.vendor,
            confidentiality=one.draft.confidentiality,
            integrity=one.draft.integrity,
            availability=one.draft.availability,
        )
        for one in await store.systems(tx, body)
    ]
