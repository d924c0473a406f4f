"""What people and operators are shown of items, parties and their ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from jichitai.infra.clock import JST
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.signin.claims import Item, ordered
from jichitai.jpki.signin.parties import WARN_DAYS, Ending, PartyState, RelyingParty
from jichitai.kernel.dates import UncertainDate
from jichitai.web.components import Status


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item that a party asks for, with what it would learn; some characters may be replaced."""

    item: str
    label: str
    value: str
    replaced: bool


def item_rows(items: CertifiedItems, asked: Iterable[Item]) -> list[ItemRow]:
    """The asked items with their values, in the usual order."""
    values = {
        Item.NAME: items.name,
        Item.BIRTH_DATE: _day(items),
        Item.SEX: items.sex.japanese,
        Item.ADDRESS: items.address,
    }
    marks = {Item.NAME: items.name_replaced, Item.ADDRESS: items.address_replaced}
    return [
        ItemRow(str(item), item.japanese, values[item], "1" in marks.get(item, ""))
        for item in ordered(asked)
    ]


def _day(items: CertifiedItems) -> str:
    if items.birth_code[0] == "0":
        return "不明"
    return UncertainDate.parse(items.birth_date).japanese()


PARTY_STATES: Final = {
    PartyState.REHEARSAL: Status("接続試験中", "blue", "架空の人の情報だけが渡ります"),
    PartyState.OPEN: Status("利用中", "green"),
    PartyState.SUSPENDED: Status("停止中", "orange"),
    PartyState.CLOSED: Status("終了", "grey"),
}


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party on the list."""

    client_id: str
    display: str
    organisation: str
    status: Status
    until: date


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of a party."""

    kid: str
    until: date
    status: Status


@dataclass(frozen=True, slots=True)
class EndingRow:
    """Something that ends soon."""

    client_id: str
    display: str
    what: str
    until: date
    left: str
    status: Status


def party_rows(parties: Sequence[RelyingParty], now: datetime) -> list[PartyRow]:
    """The list of parties."""
    return [
        PartyRow(
            party.client_id,
            party.display,
            party.organisation,
            PARTY_STATES[party.state] if now < party.not_after else _OVER,
            _day_of(party.not_after),
        )
        for party in parties
    ]


def key_rows(party: RelyingParty, now: datetime) -> list[KeyRow]:
    """The keys of a party, the one that ends first on top."""
    return [
        KeyRow(key.kid, _day_of(key.not_after), _urgency((key.not_after - now).days))
        for key in party.keys
    ]


def ending_rows(endings: Iterable[Ending], parties: Sequence[RelyingParty]) -> list[EndingRow]:
    """What ends soon, soonest first."""
    names = {party.client_id: party.display for party in parties}
    return [
        EndingRow(
            one.client_id,
            names[one.client_id],
            "登録" if one.what == "registration" else f"公開鍵 {one.what}",
            _day_of(one.ends_at),
            f"あと{one.days}日" if one.days >= 0 else "期限切れ",
            _urgency(one.days),
        )
        for one in endings
    ]


_OVER: Final = Status("期限切れ", "red", "サインインに使えません")


def _urgency(days: int) -> Status:
    if days < 0:
        return _OVER
    if days <= WARN_DAYS[2]:
        return Status("至急", "red", "7日以内に切れます")
    if days <= WARN_DAYS[1]:
        return Status("注意", "orange", "30日以内に切れます")
    if days <= WARN_DAYS[0]:
        return Status("予告", "yellow", "90日以内に切れます")
    return Status("有効", "green")


def _day_of(instant: datetime) -> date:
    return instant.astimezone(JST).date()
