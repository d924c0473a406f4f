"""システム標準化 as an area of 照会と督促: whom to write to, and under which name."""

from typing import Final

from jichitai.correspondence.model.areas import Area

STANDARDISATION: Final = Area(
    key="standardisation",
    title="システム標準化",
    section="システム標準化担当",
    inbox="調査への回答",
    audit="standardisation.rounds",
)
