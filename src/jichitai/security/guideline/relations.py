"""What items correspond with outside the guideline, as far as it is known.

There is no table for 政府統一基準: no published one was at hand, and we do not guess one.

Source: ISO/IEC 27001:2022 Annex A.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from jichitai.security.guideline.builtin import TRUST
from jichitai.security.guideline.model import Confidence
from jichitai.security.tables import rows

ISO: Final = "ISO/IEC 27001:2022（JIS Q 27001:2023）附属書A"


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoRelation:
    """対応: an item and a control of ISO/IEC 27001 Annex A that it meets in part or whole."""

    item_id: str
    control: str
    name: str
    relationship: str
    source: str
    confidence: Confidence

    @property
    def japanese(self) -> str:
        """The relationship in words."""
        return {
            "equivalent-to": "ほぼ同じ",
            "subset-of": "その一部",
            "superset-of": "それを含む",
            "intersects-with": "重なる",
        }[self.relationship]


@cache
def iso_relations() -> tuple[IsoRelation, ...]:
    """What we read to correspond with ISO/IEC 27001; our own reading, not a published table.

    Source: ISO/IEC 27001:2022 Annex A.
    """
    return tuple(
        IsoRelation(
            item_id=row["item_id"],
            control=row["control"],
            name=row["name"],
            relationship=row["relationship"],
            source=row["source"],
            confidence=TRUST[row["confidence"]],
        )
        for row in rows("guideline_iso")
    )


def iso_of(item_id: str) -> tuple[IsoRelation, ...]:
    """What an item corresponds with.

    Source: ISO/IEC 27001:2022 Annex A.
    """
    return tuple(one for one in iso_relations() if one.item_id == item_id)
