"""The texts of a policy and of its sections, written by forms; their editions and differences."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.errors import StaleEditError
from jichitai.evaluation.policies import changing, service
from jichitai.evaluation.policies.differences import directions_text, of_policies
from jichitai.evaluation.policies.errors import UnknownPolicyError
from jichitai.evaluation.policies.model import Direction, Policy, Section
from jichitai.evaluation.policies.pages import words
from jichitai.evaluation.policies.pages.words import POLICY, READ, WRITE, AnyRequest
from jichitai.evaluation.policies.service import OpenPolicy
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.web.components import Crumb
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who
from jichitai.web.rights import Principal

EditionParameter = Annotated[int | None, QueryParameter(ge=1, le=999_999)]
_SECTION: Final = POLICY + "/sections/{section:str}/edit"
_LONGEST: Final = {
    "name": (100, "政策名"),
    "purpose": (300, "政策目的"),
    "source": (600, "出典"),
    "title": (100, "題名"),
    "outline": (600, "概要・背景"),
    "remark": (600, "※の文"),
    "comment": (words.LONGEST_COMMENT, "変更の理由"),
}
_NEEDED: Final = ("name", "purpose", "title")
_LISTS: Final = {"background": "背景", "situation": "現状", "challenges": "課題"}
_LONGEST_LINE: Final = 300
_MOST_LINES: Final = 50


@get(POLICY + "/edit", opt=WRITE, include_in_schema=False)
async def policy_form(
    request: AnyRequest, number: FromPath[int], year: FromPath[int], db: Db
) -> Template:
    """Name, purpose and source."""
    async with db.transaction(read_only=True) as tx:
        opened = await service.open_policy(tx, number, year)
    policy = opened.policy
    typed = {"name": policy.name, "purpose": policy.purpose, "source": policy.source}
    return _policy_page(request, opened, typed, opened.edition.edition, {})


@post(POLICY + "/edit", opt=WRITE, include_in_schema=False)
async def save_policy(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """政策の文を保存する."""
    sent = await request.form()
    typed = {name: words.line(sent, name) for name in ("name", "purpose", "source", "comment")}
    problems = _problems(typed)
    expected = words.edition_in(sent)
    async with db.transaction() as tx:
        opened = await service.open_policy(tx, number, year)
        if problems:
            return _policy_page(request, opened, typed, expected, problems, status=422)
        policy = msgspec.structs.replace(
            opened.policy, name=typed["name"], purpose=typed["purpose"], source=typed["source"]
        )
        try:
            saved = await _save(tx, policy, expected, typed["comment"], principal, clock)
        except StaleEditError as refusal:
            return _policy_page(
                request,
                opened,
                typed,
                opened.edition.edition,
                {},
                stale=refusal.detail,
                status=409,
            )
    return Redirect(f"{words.address(policy)}?saved={saved}", status_code=303)


@get(_SECTION, opt=WRITE, include_in_schema=False)
async def section_form(
    request: AnyRequest, number: FromPath[int], year: FromPath[int], section: FromPath[str], db: Db
) -> Template:
    """背景, 現状・課題, 今後の方向性."""
    async with db.transaction(read_only=True) as tx:
        opened = await service.open_policy(tx, number, year)
    part = _part(opened, section)
    typed = {
        "title": part.title,
        "outline": part.outline,
        "remark": part.remark,
        "focus": "1" if part.focus else "",
        "directions": directions_text(part),
        **{name: "\n".join(getattr(part, name)) for name in _LISTS},
    }
    return _section_page(request, opened, part, typed, opened.edition.edition, {})


@post(_SECTION, opt=WRITE, include_in_schema=False)
async def save_section(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    section: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """節の文を保存する."""
    sent = await request.form()
    typed = {name: words.line(sent, name) for name in ("title", "outline", "remark", "comment")}
    typed["focus"] = "1" if sent.get("focus") else ""
    lists = {name: words.lines(sent, name) for name in _LISTS}
    raw = str(sent.get("directions", ""))[:20_000]
    directions, wrong = _directions(raw)
    problems = {**_problems(typed), **_long_lines(lists), **wrong}
    shown = {**typed, **{name: "\n".join(found) for name, found in lists.items()}}
    shown["directions"] = "".join(c for c in raw if c.isprintable() or c in "\r\n")
    expected = words.edition_in(sent)
    async with db.transaction() as tx:
        opened = await service.open_policy(tx, number, year)
        part = _part(opened, section)
        if problems:
            return _section_page(request, opened, part, shown, expected, problems, status=422)
        written = msgspec.structs.replace(
            part,
            title=typed["title"],
            outline=typed["outline"],
            remark=typed["remark"],
            focus=bool(typed["focus"]),
            background=tuple(lists["background"]),
            situation=tuple(lists["situation"]),
            challenges=tuple(lists["challenges"]),
            directions=directions,
        )
        sections = tuple(written if one.key == part.key else one for one in opened.policy.sections)
        policy = msgspec.structs.replace(opened.policy, sections=sections)
        try:
            comment = typed["comment"] or f"「{part.title}」の文を書き直した"
            saved = await _save(tx, policy, expected, comment, principal, clock)
        except StaleEditError as refusal:
            edition = opened.edition.edition
            return _section_page(
                request, opened, part, shown, edition, {}, stale=refusal.detail, status=409
            )
    return Redirect(f"{words.address(policy)}?saved={saved}#s-{part.key}", status_code=303)


async def _save(
    tx: Tx, policy: Policy, expected: int, comment: str, principal: Principal, clock: Clock
) -> int:
    return await changing.save_policy(
        tx,
        policy,
        expected=expected,
        comment=comment or "政策の文を書き直した",
        by=principal.actor,
        at=clock.now(),
    )


def _part(opened: OpenPolicy, key: str) -> Section:
    part = opened.policy.section(key)
    if part is None:
        raise UnknownPolicyError(
            "この政策にその節はありません。政策のページから節を選び直してください。"
        )
    return part


def _problems(typed: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in typed.items():
        if name in _NEEDED and not text:
            what = _LONGEST[name][1]
            found[name] = f"{what}がありません。評価書に出るので、書いてください。"
        if name in _LONGEST:
            limit, what = _LONGEST[name]
            found |= words.too_long(name, text, limit, what)
    return found


def _long_lines(lists: dict[str, list[str]]) -> dict[str, str]:
    many = {
        name: f"{_LISTS[name]}は{_MOST_LINES}項目までです。今は{len(found)}項目あります。まとめてください。"
        for name, found in lists.items()
        if len(found) > _MOST_LINES
    }
    return many | {
        name: f"{_LISTS[name]}の一項目は{_LONGEST_LINE}文字までです。「{text[:20]}…」を分けるか短くしてください。"
        for name, found in lists.items()
        for text in found
        if len(text) > _LONGEST_LINE
    }


def _directions(raw: str) -> tuple[tuple[Direction, ...], dict[str, str]]:
    """Heads (○) with their actions (・), from lines."""
    heads: list[tuple[str, list[str]]] = []
    if len(raw.splitlines()) > _MOST_LINES:
        return (), {"directions": f"今後の方向性は{_MOST_LINES}行までです。まとめてください。"}
    for one in raw.splitlines():
        text = "".join(c if c.isprintable() else " " for c in one).strip()
        if not text:
            continue
        body = text.lstrip("○●・").strip()
        if len(body) > _LONGEST_LINE or not body:
            told = f"一行は1文字から{_LONGEST_LINE}文字までです。「{text[:20]}」を直してください。"
            return (), {"directions": told}
        if text.startswith("・"):
            if not heads:
                told = "最初の行が「・」で始まっています。何のための取組か分かるように、先に「○」の行を書いてください。"
                return (), {"directions": told}
            heads[-1][1].append(body)
        else:
            heads.append((body, []))
    return tuple(Direction(head=head, actions=tuple(actions)) for head, actions in heads), {}


def _policy_page(
    request: AnyRequest,
    opened: OpenPolicy,
    typed: dict[str, str],
    edition: int,
    problems: dict[str, str],
    *,
    stale: str = "",
    status: int = 200,
) -> Template:
    context: dict[str, Any] = {
        "policy": opened.policy,
        "typed": {"comment": "", **typed},
        "edition": edition,
        "inherited": opened.inherited,
        "errors": words.problems_of(problems),
        "stale": stale,
        "back": words.address(opened.policy),
        "crumbs": words.crumbs(opened.policy, Crumb("政策の文を書き直す")),
    }
    return page(request, "evaluation_policies/policy_form.html", context, status=status)


def _section_page(
    request: AnyRequest,
    opened: OpenPolicy,
    part: Section,
    typed: dict[str, str],
    edition: int,
    problems: dict[str, str],
    *,
    stale: str = "",
    status: int = 200,
) -> Template:
    context: dict[str, Any] = {
        "policy": opened.policy,
        "section": part,
        "typed": {"comment": "", **typed},
        "edition": edition,
        "inherited": opened.inherited,
        "errors": words.problems_of(problems),
        "stale": stale,
        "action": words.address(opened.policy, "sections", part.key, "edit"),
        "back": words.address(opened.policy),
        "crumbs": words.crumbs(opened.policy, Crumb("節の文を書き直す")),
    }
    return page(request, "evaluation_policies/section_form.html", context, status=status)


@get(POLICY + "/history", opt=READ, include_in_schema=False)
async def history(
    request: AnyRequest,
    number: FromPath[int],
    year: FromPath[int],
    db: Db,
    since: EditionParameter = None,
    until: EditionParameter = None,
) -> Template:
    """All editions of the policy's texts in the year, and what lies between two of them."""
    async with db.transaction(read_only=True) as tx:
        opened = await service.open_policy(tx, number, year)
        editions = await service.editions(tx, number, year)
        late = until or (editions[0].edition if editions else 0)
        early = since or max(late - 1, 1)
        between = None
        if editions:
            old = await service.open_policy(tx, number, year, edition=early)
            new = await service.open_policy(tx, number, year, edition=late)
            between = of_policies(old.policy, new.policy)
    policy = opened.policy
    context: dict[str, Any] = {
        "about": f"政策{policy.number} {policy.name}の文",
        "back": words.address(policy),
        "base": words.address(policy, "history"),
        "editions": [words.edition_row(one) for one in editions],
        "restore": "",
        "newest": editions[0].edition if editions else 0,
        "early": early,
        "late": late,
        "between": between,
        "viewable": False,
        "crumbs": words.crumbs(policy, Crumb("版と違い")),
    }
    return page(request, "evaluation_policies/history.html", context)


TEXT_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    policy_form,
    save_policy,
    section_form,
    save_section,
    history,
)
