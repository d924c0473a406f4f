"""One item from texts of a file: what each text has to be, and what is wrong with it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

import msgspec

from jichitai.infra.documents.sheets import Fault
from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.model import (
    LARGEST,
    Catalogue,
    Condition,
    Confidence,
    Item,
    Level,
    Obligation,
)

LARGEST_FILE: Final = 5 * 1024 * 1024
_MOST_FAULTS: Final = 200

Choice = TypeVar("Choice", Level, Obligation, Condition, Confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is said of a catalogue beside its items."""

    version: str
    title: str
    published_on: date
    official: bool
    source: str


@dataclass(frozen=True, slots=True)
class Intake:
    """A catalogue that was read, or what is wrong with the file."""

    catalogue: Catalogue | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file: where it stands, and its texts by key."""

    place: str
    texts: Mapping[str, str]


def assembled(head: Head, entries: Iterable[Entry], faults: Sequence[Fault] = ()) -> Intake:
    """A catalogue from entries; with any fault there is none.

    Args:
        head: of the catalogue.
        entries: in the guideline's order.
        faults: found before.

    Raises:
        BadCatalogueError: too many items.
    """
    told, items = list(faults), []
    seen: dict[str, str] = {}
    for entry in entries:
        found = _item(entry, told)
        if found is None:
            continue
        for id_ in (found.id, found.oscal_id):
            if id_ in seen and seen[id_] != entry.place:
                why = f"{seen[id_]}にも同じ識別子があります。"
                told.append(Fault(entry.place, id_, why, "項目ごとに別の識別子にしてください。"))
            seen[id_] = entry.place
        items.append(found)
        if len(items) > LARGEST:
            raise BadCatalogueError(
                f"項目が{LARGEST:,}件を超えています。必要な編だけのファイルにしてください。"
            )
    if not items and not told:
        why = "項目が1件もありません。"
        told.append(Fault("", "", why, "見出しの行の下に、1行に1項目を入れてください。"))
    if told:
        return Intake(None, tuple(told[:_MOST_FAULTS]))
    return Intake(
        Catalogue(
            version=head.version,
            title=head.title,
            published_on=head.published_on,
            official=head.official,
            source=head.source,
            items=tuple(items),
        )
    )


def _item(entry: Entry, told: list[Fault]) -> Item | None:
    texts = {key: value.strip() for key, value in entry.texts.items()}
    before = len(told)
    for key, label in (("id", "項目ID"), ("title", "見出し")):
        if not texts.get(key):
            why = f"{label}がありません。"
            told.append(Fault(entry.place, "", why, f"{label}を入れてください。"))
    level = _choice(Level, texts.get("level", ""), Level.OTHER, entry, "分野", told)
    obligation = _choice(
        Obligation, texts.get("obligation", ""), Obligation.STANDARD, entry, "強さ", told
    )
    confidence = _choice(
        Confidence, texts.get("confidence", ""), Confidence.OURS, entry, "確からしさ", told
    )
    applies_to = _conditions(texts.get("applies_to", ""), entry, told)
    if len(told) > before:
        return None
    id_ = texts["id"]
    values = {
        "id": id_,
        "oscal_id": texts.get("oscal_id") or oscal_id_of(id_),
        "part": texts.get("part", ""),
        "chapter_no": texts.get("chapter_no", ""),
        "chapter": texts.get("chapter", ""),
        "section": texts.get("section", ""),
        "item_no": texts.get("item_no", "") or id_,
        "title": texts["title"],
        "meaning": texts.get("meaning", "") or texts["title"],
        "meaning_en": texts.get("meaning_en", ""),
        "level": level,
        "obligation": obligation,
        "applies_to": applies_to,
        "law_item": texts.get("law_item", ""),
        "confidence": confidence,
        "revised_in": texts.get("revised_in", ""),
    }
    try:
        return msgspec.convert(values, Item)
    except msgspec.ValidationError as error:
        told.append(_bounds(entry, str(error)))
        return None


_LABELS: Final = {
    "id": "項目ID",
    "oscal_id": "OSCALの識別子",
    "part": "編・章",
    "chapter_no": "章の番号",
    "chapter": "章",
    "section": "節",
    "item_no": "番号",
    "title": "見出し",
    "meaning": "説明",
    "meaning_en": "説明（英語）",
    "law_item": "法令の項目",
    "revised_in": "最後に変わった版",
}


def _bounds(entry: Entry, error: str) -> Fault:
    field = error.rpartition("$.")[2].rstrip("`")
    label = _LABELS.get(field, field)
    if "matching regex" in error:
        why = f"{label}に使えない文字があります。"
        remedy = (
            "半角の英数字と . _ - だけで、英字から始めてください。空欄なら項目IDから作ります。"
            if field == "oscal_id"
            else "空白のない文字列にしてください。"
        )
        return Fault(entry.place, entry.texts.get(field, "")[:60], why, remedy)
    limit = re.search(r"length <= (\d+)", error)
    most = f"{limit[1]}文字以内" if limit else "短く"
    value = entry.texts.get(field, "")[:60]
    return Fault(entry.place, value, f"{label}が長すぎます。", f"{most}にしてください。")


def _choice(
    kind: type[Choice],
    text: str,
    default: Choice,
    entry: Entry,
    label: str,
    told: list[Fault],
) -> Choice:
    if not text:
        return default
    found = _known(kind, text)
    if found is None:
        allowed = "、".join(one.japanese for one in kind)
        remedy = f"次のいずれかにしてください：{allowed}。"
        told.append(Fault(entry.place, text[:60], f"{label}の値ではありません。", remedy))
        return default
    return found


def _conditions(text: str, entry: Entry, told: list[Fault]) -> tuple[Condition, ...]:
    words = [word for word in re.split(r"[;；、,\n]", text) if word.strip()]
    found = []
    for word in words:
        one = _known(Condition, word.strip())
        if one is None:
            allowed = "、".join(c.japanese for c in Condition)
            remedy = f"次から選び、「;」で区切ってください：{allowed}。"
            told.append(Fault(entry.place, word[:60], "適用の条件ではありません。", remedy))
        else:
            found.append(one)
    if Condition.ALL in found and len(found) > 1:
        why = "「すべての団体」と、ほかの条件が一緒にあります。"
        told.append(Fault(entry.place, text[:60], why, "どちらかだけにしてください。"))
    return tuple(found) or (Condition.ALL,)


def _known(kind: type[Choice], text: str) -> Choice | None:
    return next((one for one in kind if text in (one.value, one.japanese, one.name.lower())), None)


_BAD: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def oscal_id_of(id_: str) -> str:
    """An id in OSCAL's letters for any id; the same for the same.

    >>> oscal_id_of("GL-P2-2-2(2)⑩")
    'gl-p2-2-2-2-10'
    >>> oscal_id_of("第3条").startswith("c-3-")
    True
    """
    apart = re.sub(r"([①-⑳])", r"-\1", id_)  # a circled number is a number of its own
    plain = unicodedata.normalize("NFKC", apart).lower()
    made = re.sub(r"-{2,}", "-", _BAD.sub("-", plain)).strip("-.")
    if not made or not plain.isascii():  # letters were lost: keep ids apart
        made = f"{made}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}".lstrip("-")
    return made if made[0].isalpha() else f"c-{made}"
