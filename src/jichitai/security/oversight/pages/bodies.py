"""団体の状況: the map and the list, down to one body with its evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.infra.mail import BadAddressError
from jichitai.kernel.dates import wareki
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.municipalities import prefectures
from jichitai.security.bodies import Organ
from jichitai.security.messages import S01
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.errors import NotYourMemberError
from jichitai.security.oversight.model.filters import chosen
from jichitai.security.oversight.model.standing import (
    Rates,
    SizeClass,
    Standing,
    progress,
)
from jichitai.security.oversight.pages.incidents import WORDS
from jichitai.security.oversight.pages.shared import (
    BODY_COLUMNS,
    CHIPS,
    LETTERS,
    RATE_STEPS,
    TOWN_FILLS,
    TOWN_STEPS,
    AnyRequest,
    Form,
    address,
    crumbs,
    day_of,
    filter_of,
    filter_options,
    filter_values,
    rate_fill,
    urls_of,
)
from jichitai.security.oversight.service import opened, overview
from jichitai.security.oversight.service.contacts import Contacts
from jichitai.security.oversight.service.overview import Evidence, Overview
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.weak_spots import titles
from jichitai.security.oversight.store.letters import Contact
from jichitai.web.components import (
    Column,
    Crumb,
    Entry,
    Fact,
    FieldErrors,
    Finding,
    Page,
    Status,
    Tile,
)
from jichitai.web.formats import date_text, time_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.maps import MAP_SOURCE, map_svg

_ROWS: Final = 50
_COUNTRY: Final = (
    Column("name", "都道府県", head=True),
    Column("total", "団体", align="end"),
    Column("adopted", "策定", align="end"),
    Column("counted", "策定・公表", align="end"),
    Column("rate", "策定・公表の率", align="end"),
    Column("silent", "報告なし", align="end"),
)
_RATE_COLUMNS: Final = (
    Column("name", "分母", head=True),
    Column("total", "分母の数", align="end"),
    Column("adopted", "策定", align="end"),
    Column("adopted_rate", "策定率", align="end"),
    Column("counted", "策定・公表", align="end"),
    Column("counted_rate", "策定・公表の率", align="end"),
    Column("silent", "報告なし", align="end"),
    Column("definition", "数え方", wide=True),
)
WEAK_COLUMNS: Final = (
    Column("title", "弱い所", head=True, wide=True),
    Column("reported", "報告した団体", align="end"),
    Column("done", "すべてできている", align="end"),
    Column("open", "できていない項目がある", align="end"),
    Column("unmet", "できていない項目の数", align="end"),
)
_DEFINITION: Final = "策定は、長の方針の決裁が済んだと報告した団体。策定・公表は、そのうち公表の場所で文書を確かめた団体"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectureRow:
    """The bodies of a prefecture, counted."""

    code: str
    name: str
    href: str
    total: int
    adopted: int
    counted: int
    silent: int

    @property
    def rate(self) -> float:
        """Share of the bodies that count, for sorting."""
        return self.counted / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRow:
    """A line of the list."""

    standing: Standing
    href: str
    status: Status
    reminded: datetime | None
    next_review: date | None

    @classmethod
    def of(cls, one: Standing, by: Overseer, found: Overview) -> "BodyRow":
        """The line of a body."""
        leading = one.leading
        return cls(
            standing=one,
            href=urls_of(by).body(one.body.code),
            status=CHIPS[one.head],
            reminded=found.reminded.get(one.body.code),
            next_review=leading.next_review_on if leading else None,
        )


async def board(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The whole country at the ministry; the members at a prefecture."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
        before = await overview.standings(tx, by, on=_month_before(on))
    if not by.ministry:
        return _area(request, by, found, by.key)
    past = overview.all_rates(before, by, on=_month_before(on))[0]
    sort = request.query_params.get("sort", "")
    rows = _sorted(_by_prefecture(found.standings), sort)
    fills = {
        one.code: rate_fill(one.counted, one.total, silent=one.silent == one.total) for one in rows
    }
    context = {
        "by": by,
        "urls": urls_of(by),
        "tiles": _tiles(found.rates[0], past),
        "rate_columns": _RATE_COLUMNS,
        "rates": [_rate_row(one) for one in found.rates],
        "weak": found.weak,
        "weak_columns": WEAK_COLUMNS,
        "drawing": map_svg(fills, links={one.code: one.href for one in rows}),
        "finding": _finding(found.rates[0], on),
        "steps": RATE_STEPS,
        "columns": _sortable(sort, on, clock.today()),
        "rows": rows,
        "on": on,
        "options": filter_options(),
        "typed": {},
        "late": sum(not one.counted for one in found.standings),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/country.html", context)


async def prefecture_board(
    request: AnyRequest, code: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One prefecture at the ministry."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    if code not in {one.prefecture_code for one in prefectures()}:
        raise NotYourMemberError("この番号の都道府県はありません。一覧から選び直してください。")
    return _area(request, by, found, code)


def _area(request: AnyRequest, by: Overseer, found: Overview, code: str) -> Template:
    urls = urls_of(by)
    own = [one for one in found.standings if one.body.prefecture_code == code]
    rates = overview.all_rates(own, by, on=found.on)
    name = next(one.name for one in prefectures() if one.prefecture_code == code)
    towns = {one.body.code: one for one in own}
    context = {
        "by": by,
        "urls": urls,
        "name": name,
        "tiles": _tiles(rates[0], None, within=name),
        "rate_columns": _RATE_COLUMNS,
        "rates": [_rate_row(one, within=name) for one in rates if one.counted.total],
        "weak": found.weak,
        "weak_columns": WEAK_COLUMNS,
        "drawing": map_svg(
            {key: TOWN_FILLS[one.head] for key, one in towns.items()},
            links={key: urls.body(key) for key in towns},
            prefecture=code,
        ),
        "finding": _finding(rates[0], found.on, within=name),
        "steps": TOWN_STEPS,
        "columns": BODY_COLUMNS[:3] + BODY_COLUMNS[6:],
        "rows": [BodyRow.of(one, by, found) for one in own],
        "on": found.on,
        "crumbs": crumbs(by, Crumb(name)) if by.ministry else [],
        "remind": address(
            f"{urls.letters}/new",
            {"matter": "policy", **({"prefecture": code} if by.ministry else {})},
        ),
        "late": sum(not one.counted for one in own),
        "as_of": wareki(found.on),
    }
    return page(request, "security_oversight/area.html", context)


async def listed(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The list of bodies, narrowed."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    narrowed = filter_of(request.query_params)
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    every = chosen(found.standings, narrowed)
    urls, values = urls_of(by), filter_values(narrowed)
    shown, paging = _paged(
        every, request.query_params.get("after", ""), f"{urls.bodies}/list", values
    )
    context = {
        "by": by,
        "urls": urls,
        "options": filter_options(),
        "typed": values,
        "columns": BODY_COLUMNS,
        "rows": [BodyRow.of(one, by, found) for one in shown],
        "page": paging,
        "csv": address(f"{urls.bodies}/list.csv", values),
        "remind": address(f"{urls.letters}/new", {"matter": "policy", **values}),
        "late": sum(not one.counted for one in every),
        "on": on,
        "crumbs": crumbs(by, Crumb("一覧")),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/list.html", context)


def _paged(
    every: Sequence[Standing], after: str, path: str, values: Mapping[str, str]
) -> tuple[list[Standing], Page]:
    start = sum(one.body.code <= after for one in every)
    shown = list(every[start : start + _ROWS])
    rest = start + len(shown) < len(every)
    before = every[start - _ROWS - 1].body.code if start > _ROWS else ""
    back = {**values, "after": before} if before else dict(values)
    return shown, Page(
        start + 1,
        len(shown),
        len(every),
        previous=address(path, back) if start else "",
        next=address(path, {**values, "after": shown[-1].body.code}) if rest else "",
        unit="団体",
    )


async def listed_csv(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Response[bytes]:
    """The same list as CSV, for those who oversee."""
    by, on = overseer_of(principal), day_of(request, clock.today())
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.overview(tx, by, on=on)
    rows = [
        opened.ListedBody(
            code=one.body.code,
            name=one.body.full_name,
            kind=one.body.kind,
            size=SizeClass.of(one.body).japanese,
            status=one.head.japanese,
            organs_counted=one.organs_counted,
            organs=len(one.organs),
            network_model=one.model,
            reported_at=one.reported_at,
            reminded_at=found.reminded.get(one.body.code),
        )
        for one in chosen(found.standings, filter_of(request.query_params))
    ]
    return Response(
        opened.as_csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="bodies-{on}.csv"'},
    )


# --- one body ---------------------------------------------------------------------


async def body_page(
    request: AnyRequest, code: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One body with what its standing rests on."""
    by = overseer_of(principal)
    return await _body_page(request, by, code, db, day_of(request, clock.today()))


async def _body_page(
    request: AnyRequest,
    by: Overseer,
    code: str,
    db: Db,
    on: date,
    errors: FieldErrors | None = None,
    typed: Mapping[str, str] | None = None,
) -> Template:
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.evidence(tx, by, code, on=on)
    body, urls = found.standing.body, urls_of(by)
    prefecture = next(one for one in prefectures() if one.prefecture_code == body.prefecture_code)
    contact = found.contact or Contact(body=code, office="", mail="", phone="")
    context = {
        "by": by,
        "urls": urls,
        "found": found,
        "body": body,
        "status": CHIPS[found.standing.head],
        "facts": _facts(found),
        "organs": [
            (Organ(one).japanese, CHIPS[step]) for one, step in found.standing.organs.items()
        ],
        "names": {str(one): one.japanese for one in Organ},
        "policies": [(one, CHIPS[progress(one)]) for one in found.standing.reports],
        "timeline": _timeline(found),
        "measures": titles(),
        "words": WORDS,
        "letters": LETTERS,
        "typed": typed or {"office": contact.office, "mail": contact.mail, "phone": contact.phone},
        "errors": errors or FieldErrors(),
        "remind": address(f"{urls.letters}/new", {"matter": "policy", "q": code}),
        "crumbs": crumbs(
            by,
            *(
                [Crumb(prefecture.name, f"{urls.bodies}/prefectures/{body.prefecture_code}")]
                if by.ministry
                else []
            ),
            Crumb(body.name),
        ),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/body.html", context, status=422 if errors else 200)


async def save_contact(
    request: AnyRequest, code: FromPath[str], data: Form, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Record the office of the body."""
    by = overseer_of(principal)
    typed = {name: data.get(name, "") for name in ("office", "mail", "phone")}
    try:
        async with by.transaction(db) as tx:
            contact = Contact(
                body=code, office=typed["office"], mail=typed["mail"], phone=typed["phone"]
            )
            await Contacts(clock).save(tx, by, contact, actor=principal.actor)
    except BadAddressError as refusal:
        errors = FieldErrors.of({"mail": refusal.detail})
    except InvalidError as refusal:
        errors = FieldErrors.of({"office": refusal.detail})
    else:
        return Redirect(f"{urls_of(by).body(code)}#contact", status_code=303)
    return await _body_page(request, by, code, db, clock.today(), errors, typed)


def _facts(found: Evidence) -> list[Fact]:
    leading = found.standing.leading
    body = found.standing.body
    facts = [
        Fact("団体コード", body.code),
        Fact("区分・規模", f"{body.kind}　{SizeClass.of(body).japanese}"),
        Fact("ネットワークのモデル", found.standing.model or "—"),
        Fact("最後の報告", time_text(found.standing.reported_at, operator=True)),
    ]
    if leading is not None:
        facts += [
            Fact("ガイドラインの版", leading.guideline_version or "—"),
            Fact(
                "次の見直し", date_text(leading.next_review_on) if leading.next_review_on else "—"
            ),
            Fact("古くなった条文", f"{leading.stale_clauses:,}件"),
        ]
    return facts


def _timeline(found: Evidence) -> list[Entry]:
    return [
        Entry(
            when=time_text(one.received_at, operator=True),
            what=f"{CHIPS[progress(one.report)].word}（第{one.report.policy_version}版、"
            f"報告{one.report.revision}）{_decisions(one.report)}",
        )
        for one in found.past[:30]
    ]


def _decisions(report: S01) -> str:
    told = [
        f"{Organ(one.organ).japanese if one.organ in {*Organ} else one.organ} {one.decision_number}"
        for one in report.adoptions
    ]
    return f"　{'、'.join(told)}" if told else ""


# --- figures ----------------------------------------------------------------------


def _month_before(on: date) -> date:
    return on - timedelta(days=30)


def _tiles(now: Rates, before: Rates | None, *, within: str = "") -> list[Tile]:
    def note(value: int, past: int | None, percent: float | None) -> str:
        change = "" if past is None else f"　30日前から {value - past:+,}"
        return ("—" if percent is None else f"{percent} %") + change

    old_adopted = before.adopted.numerator if before else None
    old_counted = before.counted.numerator if before else None
    return [
        Tile(
            "策定済み",
            now.adopted.numerator,
            "団体",
            note(now.adopted.numerator, old_adopted, now.adopted.percent),
        ),
        Tile(
            "策定・公表済み",
            now.counted.numerator,
            "団体",
            note(now.counted.numerator, old_counted, now.counted.percent),
        ),
        Tile("報告なし", now.silent, "団体"),
        Tile(
            "分母",
            now.counted.total,
            "団体",
            f"{now.denominator.japanese}のうち{within}" if within else "都道府県と市区町村のすべて",
        ),
    ]


def _rate_row(one: Rates, *, within: str = "") -> dict[str, object]:
    def percent(value: float | None) -> str:
        return "—" if value is None else f"{value} %"

    unit = "組" if one.denominator is Denominator.ORGAN_PAIRS else "団体"
    return {
        "name": f"{one.denominator.japanese}のうち{within}" if within else one.denominator.japanese,
        "total": f"{one.counted.total:,}{unit}",
        "adopted": f"{one.adopted.numerator:,}",
        "adopted_rate": percent(one.adopted.percent),
        "counted": f"{one.counted.numerator:,}",
        "counted_rate": percent(one.counted.percent),
        "silent": f"{one.silent:,}",
        "definition": one.denominator.definition,
    }


def _finding(now: Rates, on: date, *, within: str = "") -> Finding:
    left = now.counted.total - now.counted.numerator
    text = (
        f"策定・公表がまだの団体は{left:,}団体です"
        if left
        else "すべての団体が策定・公表を済ませました"
    )
    if now.silent == now.counted.total:
        text = "まだどの団体からも報告がありません"
    return Finding(
        text=text,
        source=f"団体の報告、地図は{MAP_SOURCE}",
        as_of=wareki(on),
        definition=f"分母 {now.denominator.japanese}{f'のうち{within}' if within else ''}。{_DEFINITION}",
    )


def _by_prefecture(standings: Sequence[Standing]) -> list[PrefectureRow]:
    of: dict[str, list[Standing]] = {}
    for one in standings:
        if not one.body.kind.joint:
            of.setdefault(one.body.prefecture_code, []).append(one)
    return [
        PrefectureRow(
            code=one.prefecture_code,
            name=one.name,
            href=f"/security/bodies/prefectures/{one.prefecture_code}",
            total=len(of[one.prefecture_code]),
            adopted=sum(body.adopted for body in of[one.prefecture_code]),
            counted=sum(body.counted for body in of[one.prefecture_code]),
            silent=sum(not body.reports for body in of[one.prefecture_code]),
        )
        for one in prefectures()
    ]


def _sorted(rows: list[PrefectureRow], sort: str) -> list[PrefectureRow]:
    match sort:
        case "counted" | "rate":
            return sorted(rows, key=lambda one: (one.rate, one.code))
        case "silent":
            return sorted(rows, key=lambda one: (-one.silent, one.code))
        case _:
            return rows


def _sortable(sort: str, on: date, today: date) -> list[Column]:
    day = {"as_of": on.isoformat()} if on != today else {}
    found = []
    for one in _COUNTRY:
        key = {"rate": "rate", "silent": "silent", "name": "name"}.get(one.key)
        if key is None:
            found.append(one)
            continue
        direction = "descending" if key == "silent" else "ascending"
        found.append(
            Column(
                one.key,
                one.label,
                align=one.align,
                head=one.head,
                sort_url=address("/security/bodies", {**day, "sort": key}),
                sorted=direction if key == (sort or "name") else "",  # type: ignore[arg-type]
            )
        )
    return found
