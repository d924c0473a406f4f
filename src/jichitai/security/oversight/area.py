"""情報セキュリティ as an area of 照会と督促."""

from typing import Final

from jichitai.correspondence.model.areas import Area

SECURITY: Final = Area(
    key="security",
    title="情報セキュリティ",
    section="情報セキュリティ担当",
    inbox="依頼と督促",
    audit="security.oversight",
)
