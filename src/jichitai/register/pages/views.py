"""Values of the register as the counter's pages print them."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from jichitai.kernel.dates import wareki
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.municipalities import municipality
from jichitai.register.model.reasons import EventKind, Reason
from jichitai.register.model.resident import Change, Resident
from jichitai.register.model.resident import Departure as Leaving
from jichitai.register.service.entry import Entry, state_word
from jichitai.web import components
from jichitai.web.components import Status

_COLOURS: Final[Mapping[str, components.Colour]] = {
    "draft": "grey",
    "submitted": "blue",
    "approved": "green",
    "returned": "orange",
    "withdrawn": "grey",
}


def entry_status(entry: Entry) -> Status:
    """The chip of an entry's state."""
    if entry.state == "submitted" and entry.alerts:
        return Status(
            f"要確認 {entry.alerts}", "yellow", "理由を付けて審査に回された確認事項があります"
        )
    return Status(state_word(entry.state), _COLOURS[entry.state])


def resident_status(row: Resident) -> Status:
    """The chip of a line's state."""
    if not row.live:
        return Status("除票", "grey", "消除された住民票です")
    if row.departure is not None:
        return Status("転出予定", "yellow", "転出の届出があり、予定日までは住民です")
    return Status("現在", "green")


def town_name(code: str) -> str:
    """The name of a municipality with its code, or the text as it stands."""
    if not code:
        return ""
    try:
        one = municipality(code)
    except JichitaiError:
        return code
    return f"{one.prefecture}{one.county}{one.name}"


def _leaving(departure: Leaving | None) -> str:
    if departure is None:
        return ""
    planned = wareki(departure.planned_on) if departure.planned_on else "届出なし"
    place = f"{town_name(departure.destination)}{departure.destination_address}"
    fixed = (
        f"／確定 {wareki(departure.fixed_on)} {town_name(departure.fixed_municipality)}"
        f"{departure.fixed_address}"
        if departure.fixed_on
        else ""
    )
    return f"予定 {planned} {place}{fixed}"


def _items(row: Resident | None) -> dict[str, str]:
    """Every item of a line in words; numbers only as given or not."""
    if row is None:
        return {}
    former, alias = row.former_name, row.alias
    removed = (
        f"除票（{row.removed_on.japanese()} {row.removed_reason.japanese}）"
        if row.removed_on and row.removed_reason
        else "除票"
    )
    return {
        "状態": "現在の住民票" if row.live else removed,
        "氏名": row.name.text,
        "氏名の振り仮名": row.name.kana,
        "旧氏": f"{former.text}（{former.kana}）" if former else "",
        "通称": f"{alias.text}（{alias.kana}）" if alias else "",
        "生年月日": row.birth_date.japanese(),
        "性別": row.sex.japanese,
        "続柄": row.relation.text,
        "住所": row.address.text,
        "住民となった日": row.resident_since.japanese(),
        "住所を定めた日": row.address_since.japanese(),
        "前の住所": f"{town_name(row.previous_municipality)}{row.previous_address}",
        "本籍": row.honseki,
        "筆頭者": row.hittosha,
        "転出": _leaving(row.departure),
        "宛名番号": row.addressee_number.value,
        "個人番号": "記載あり" if row.my_number else "",
    }


def compared(change: Change) -> list[components.Change]:
    """Every item of a person before and after an event.

    A removed line was no resident's: what it held before counts as nothing.
    """
    before, after = _items(change.before), _items(change.after)
    rows = [components.Change(item, before.get(item, ""), text) for item, text in after.items()]
    if change.before is not None and change.before.juki_code != change.after.juki_code:
        rows.append(components.Change("住民票コード", "前のコード", "新しいコード"))
    return [row for row in rows if row.before or row.after]


def subjects(entry: Entry, known: Mapping[UUID, Resident]) -> str:
    """Whom an entry is about, for a list: the first name and how many more."""
    form = entry.form
    people = getattr(form, "people", ()) or ((form.person,) if hasattr(form, "person") else ())
    names = [person.name for person in people if person.name]
    ids = [*getattr(form, "resident_ids", ()), getattr(form, "resident_id", None)]
    ids.append(getattr(form, "new_head_id", None))
    names += [known[i].name.text for i in ids if i and i in known]
    if not names:
        number = getattr(form, "event_number", 0)
        return f"異動 {number} の取消し" if number else "（未入力）"
    return names[0] if len(names) == 1 else f"{names[0]} ほか{len(names) - 1}人"


def subject_ids(entries: Iterable[Entry]) -> set[object]:
    """Ids of the residents that entries name."""
    found: set[object] = set()
    for entry in entries:
        form = entry.form
        found |= set(getattr(form, "resident_ids", ()))
        found |= {getattr(form, "resident_id", None), getattr(form, "new_head_id", None)}
    return found - {None}


def reason_word(code: str) -> str:
    """The standard's name of a reason."""
    return Reason(code).japanese


def kind_word(kind: str) -> str:
    """The clerk's word for an event."""
    return EventKind(kind).japanese
