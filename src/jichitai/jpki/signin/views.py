"""What people and operators are shown of items, parties and their ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.signin.claims import Item, ordered
from jichitai.kernel.dates import UncertainDate


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item that a party asks for, with what it would learn."""

    item: str
    label: str
    value: str


def item_rows(items: CertifiedItems, asked: Iterable[Item]) -> list[ItemRow]:
    """The asked items with their values, in the usual order."""
    values = {
        Item.NAME: items.name,
        Item.BIRTH_DATE: _day(items),
        Item.SEX: items.sex.japanese,
        Item.ADDRESS: items.address,
    }
    return [ItemRow(str(item), item.japanese, values[item]) for item in ordered(asked)]


def _day(items: CertifiedItems) -> str:
    if items.birth_code[0] == "0":
        return "不明"
    return UncertainDate.parse(items.birth_date).japanese()
