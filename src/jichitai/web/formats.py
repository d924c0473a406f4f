"""How dates, times, numbers, names and titles are written on pages."""

import re
from datetime import date, datetime

from markupsafe import Markup, escape

from jichitai.kernel.dates import JST, both, wareki
from jichitai.kernel.secrets import Secret

MASK = "••••"
"""What stands for a number of a person; its length tells nothing."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONG_DIGITS = re.compile(r"\d{9,}")
_VARIATION = re.compile("[\U000e0100-\U000e01ef\ufe00-\ufe0f]")


def date_text(value: object, *, short: bool = False) -> Markup:
    """A day as `time`: both calendars for reading, the era alone in tables.

    Args:
        value: a `date`, or an uncertain date (with `japanese()` and `code`), or None.
        short: leave the common era out.

    >>> date_text(date(2026, 11, 20))
    Markup('<time datetime="2026-11-20"><span class="jc-nowrap">令和8年</span><span class="jc-nowrap">（2026年）11月20日</span></time>')
    """
    if value is None or value == "":
        return Markup("—")
    if isinstance(value, datetime):
        value = value.astimezone(JST).date()
    if isinstance(value, date):
        iso, text = value.isoformat(), wareki(value) if short else both(value)
    else:
        code = str(getattr(value, "code", ""))
        iso = code if _ISO.fullmatch(code) else ""
        text = str(value.japanese() if hasattr(value, "japanese") else value)
    spans = Markup("").join(
        Markup('<span class="jc-nowrap">{}</span>').format(part)
        for part in re.split(r"(?=（)", text)
        if part
    )
    return Markup('<time datetime="{}">{}</time>').format(iso, spans) if iso else spans


def time_text(value: datetime | None, *, operator: bool = False) -> Markup:
    """An instant in Japan: 14時03分 for residents, 2026-11-20 14:03 for operators."""
    if value is None:
        return Markup("—")
    local = value.astimezone(JST)
    stamp = local.isoformat(timespec="seconds")
    if operator:
        text = local.strftime("%Y-%m-%d %H:%M")
        return Markup('<time datetime="{}" class="jc-nowrap">{}</time>').format(stamp, text)
    day, clock = wareki(local.date()), f"{local.hour}時{local.minute:02d}分"
    return Markup(
        '<time datetime="{}"><span class="jc-nowrap">{}</span> <span class="jc-nowrap">{}</span></time>'
    ).format(stamp, day, clock)


def fiscal_year(value: date) -> str:
    """The 年度 of a day in both calendars.

    >>> fiscal_year(date(2027, 3, 31))
    '令和8年度（2026年度）'
    """
    year = value.year - (value.month < 4)
    return f"{wareki(date(year, 4, 1)).split('年')[0]}年度（{year}年度）"


def count_text(value: int | None, unit: str = "") -> str:
    """A count with its unit; 0 is not a dash, and a dash (not known) is not 0.

    >>> count_text(1788, "団体"), count_text(0, "件"), count_text(None, "件")
    ('1,788団体', '0件', '—')
    """
    return "—" if value is None else f"{value:,}{unit}"


def rate_text(part: int | None, whole: int | None) -> str:
    """A share with one decimal; the caller prints part and whole beside it.

    >>> rate_text(1612, 1788), rate_text(3, 0)
    ('90.2 %', '—')
    """
    return f"{100 * part / whole:.1f} %" if part is not None and whole else "—"


def yen_text(value: int | None) -> str:
    """Money.

    >>> yen_text(1300)
    '1,300円'
    """
    return count_text(value, "円")


def number_text(value: Secret | None, *, revealed: bool = False) -> Markup:
    """A number of a person: a mask, unless the page was asked with a right and a reason.

    The masked form does not hold the value at all, so that neither source nor copy shows it.
    """
    if value is None:
        return Markup('<span class="jc-number">なし</span>')
    if not isinstance(value, Secret):
        raise TypeError("個人番号と住民票コードは Secret でなければ表示できません")
    if not revealed:
        return Markup(
            '<span class="jc-number" data-masked><span aria-hidden="true">{}</span>'
            '<span class="jc-hidden">表示していません</span></span>'
        ).format(MASK)
    digits = value.reveal()
    groups = [digits[at : at + 4] for at in range(0, len(digits), 4)]
    return Markup('<span class="jc-number" data-rehide="30" data-mask="{}">{}</span>').format(
        MASK, " ".join(groups)
    )


def name_text(name: str, kana: str = "", *, confirmed: bool = True) -> Markup:
    """A name with its reading as ruby; a variant glyph is named, never silently replaced.

    Args:
        name: family and given name apart by a space.
        kana: the reading, or empty.
        confirmed: whether the person has confirmed the reading.
    """
    pieces = [
        Markup("<ruby>{}<rp>（</rp><rt>{}</rt><rp>）</rp></ruby>").format(name, kana)
        if kana
        else escape(name)
    ]
    if kana and not confirmed:
        pieces.append(Markup('<span class="jc-second">（未確認）</span>'))
    pieces.extend(_variant(name, found.start()) for found in _VARIATION.finditer(name))
    return Markup("").join(pieces)


def _variant(name: str, at: int) -> Markup:
    base, selector = name[at - 1] if at else " ", name[at]
    code = f"U+{ord(base):04X} U+{ord(selector):04X}"
    return Markup('<span class="jc-variant jc-second">［異体字 {} {}］</span>').format(base, code)


def page_title(*parts: str) -> str:
    """The start of `<title>`: the task, then where it belongs; never a person's name or number.

    >>> page_title("世帯と続柄（4/5）", "転入届")
    '世帯と続柄（4/5） — 転入届'
    """
    for part in parts:
        if not isinstance(part, str) or "\u3000" in part or _LONG_DIGITS.search(part):
            raise ValueError("ページの題名に氏名や番号は入れられません")
    return " — ".join(parts)
