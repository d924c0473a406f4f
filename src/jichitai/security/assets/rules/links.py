"""Rules of links: separation, 特定通信, 無害化, clouds, permission, detours."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jichitai.security.assets.model.drafts import LinkDraft
from jichitai.security.assets.model.kinds import Answer, Area, Limit, Route, Sanitising
from jichitai.security.assets.model.picture import Link, Picture, System
from jichitai.security.assets.rules.catalogue import rules_on
from jichitai.security.guideline.model import NetworkModel

Told = Iterator[tuple[str, str]]
"""Code of a rule and what was found."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """A link with what stands at its ends, seen from the more protected side."""

    link: Link
    areas: frozenset[Area]
    names: str
    partner: str
    partner_areas: frozenset[str]
    partner_name: str
    clouds: tuple[System, ...]

    @property
    def draft(self) -> LinkDraft:
        return self.link.draft

    def joins(self, one: Area, other: Area) -> bool:
        return self.areas == {one, other}

    def within(self, area: Area) -> bool:
        return self.areas == {area}


def _ends(link: Link, picture: Picture) -> _Ends:
    ends = (link.draft.one, link.draft.other)
    partner = next(filter(None, map(picture.partner, ends)), None)
    systems = [one for one in map(picture.system, ends) if one is not None]
    return _Ends(
        link=link,
        areas=frozenset(area for area in map(picture.area, ends) if area is not None),
        names="と".join(f"「{picture.name(end)}」" for end in ends),
        partner=partner.code if partner else "",
        partner_areas=partner.areas if partner else frozenset(),
        partner_name=partner.name if partner else "",
        clouds=tuple(one for one in systems if one.draft.area is Area.CLOUD),
    )


def of_link(link: Link, picture: Picture) -> Told:
    """What one link breaks.

    Source: ガイドライン 対策基準 3.
    """
    ends = _ends(link, picture)
    for rule in _RULES:
        yield from rule(ends, picture)


def _separation(ends: _Ends, picture: Picture) -> Told:
    """N01, N09: nothing passes between the My Number area and another one."""
    if Area.MYNUMBER not in ends.areas or len(ends.areas) < 2:
        return
    other = next(iter(ends.areas - {Area.MYNUMBER}))
    if ends.draft.sanitising is Sanitising.SCREEN and "N09" in rules_on(picture.on):
        if ends.draft.screen_conditions is not Answer.YES:
            state = (
                "満たしていません" if ends.draft.screen_conditions is Answer.NO else "未確認です"
            )
            yield "N09", f"{other.japanese}からの画面転送（{ends.names}）の追加の条件が{state}。"
        return
    yield "N01", f"{ends.names}は、マイナンバー利用事務系と{other.japanese}の間の通信です。"


def _specific(ends: _Ends, _: Picture) -> Told:
    """N02, N03: 特定通信 only with named partners, limited by address and port."""
    if not ends.partner or Area.MYNUMBER not in ends.areas:
        return
    if Area.MYNUMBER not in ends.partner_areas:
        yield (
            "N02",
            f"マイナンバー利用事務系が「{ends.partner_name}」とつながっています（{ends.names}）。",
        )
        return
    missing = []
    if not {Limit.MAC, Limit.IP} & set(ends.draft.limits):
        missing.append("通信経路（MACアドレスかIPアドレス）")
    if Limit.PORT not in ends.draft.limits:
        missing.append("ポート番号")
    if missing:
        yield "N03", f"特定通信（{ends.names}）が{'と'.join(missing)}で限られていません。"


def _division(ends: _Ends, picture: Picture) -> Told:
    """N04, N05, N06: between LGWAN and Internet only what was made harmless, or α´."""
    if Area.LGWAN not in ends.areas:
        return
    to_internet = ends.joins(Area.LGWAN, Area.INTERNET) or (
        ends.within(Area.LGWAN) and ends.partner in {"internet", "security-cloud"}
    )
    if ends.clouds and ends.draft.route is Route.INTERNET:
        yield from _breakout(ends, picture)
    elif to_internet and ends.draft.sanitising is Sanitising.NONE:
        yield "N04", f"{ends.names}は、無害化をせずにLGWAN接続系とインターネットをつないでいます。"


def _breakout(ends: _Ends, picture: Picture) -> Told:
    model = picture.model.model if picture.model else None
    if model is not NetworkModel.ALPHA_PRIME:
        now = model.japanese if model else "モデルの登録なし"
        yield (
            "N05",
            f"{ends.names}は、LGWAN接続系からインターネット経由でクラウドに直接つながっています（{now}）。",
        )
        return
    missing = []
    if any(one.draft.ismap is not Answer.YES for one in ends.clouds):
        missing.append("ISMAPへの登録の確認")
    if not {Limit.IP, Limit.PORT} <= set(ends.draft.limits):
        missing.append("接続先の限定（IPアドレスとポート番号）")
    if missing:
        yield "N06", f"α´モデルの直接接続（{ends.names}）に、{'と'.join(missing)}がありません。"


def _cloud(ends: _Ends, _: Picture) -> Told:
    """N07: a cloud of the My Number area is reached over a dedicated or closed line."""
    joined = any(one.draft.counts_as is Area.MYNUMBER for one in ends.clouds)
    if joined and ends.draft.route not in {Route.DEDICATED, Route.CLOSED}:
        yield (
            "N07",
            f"{ends.names}の経路が{ends.draft.route.japanese}です。専用線でも閉域網でもありません。",
        )


def _gathering(ends: _Ends, _: Picture) -> Told:
    """N16: the Internet is reached through the prefecture's security cloud."""
    if ends.within(Area.INTERNET) and ends.partner == "internet":
        yield (
            "N16",
            f"{ends.names}は、都道府県のセキュリティクラウドを通らずにインターネットとつながっています。",
        )


def _permission(ends: _Ends, picture: Picture) -> Told:
    """N19: what crosses an area's border was permitted, and still is."""
    crosses = len(ends.areas) > 1 or bool(ends.partner)
    if not crosses:
        return
    if not ends.draft.approval:
        yield "N19", f"{ends.names}の通信を許可した決定番号が記録されていません。"
    elif ends.draft.until is not None and ends.draft.until < picture.on:
        yield "N19", f"{ends.names}の通信の許可は{ends.draft.until:%Y-%m-%d}に期限が過ぎています。"


_RULES: Final[Sequence[Callable[[_Ends, Picture], Told]]] = (
    _separation,
    _specific,
    _division,
    _cloud,
    _gathering,
    _permission,
)


def detours(picture: Picture) -> Iterator[tuple[Link, str]]:
    """N22: one partner is joined with the My Number area and with another area.

    Source: ガイドライン 対策基準 3(1)①.
    """
    reached: dict[str, dict[Area, list[Link]]] = {}
    for link in picture.links:
        ends = _ends(link, picture)
        if ends.partner and len(ends.areas) == 1:
            area = next(iter(ends.areas))
            reached.setdefault(ends.partner, {}).setdefault(area, []).append(link)
    for code, areas in reached.items():
        others = [area for area in areas if area is not Area.MYNUMBER]
        if Area.MYNUMBER not in areas or not others:
            continue
        name = picture.partners[code].name
        known = "、".join(area.japanese for area in others)
        what = f"「{name}」がマイナンバー利用事務系と{known}の両方につながっています。"
        yield areas[Area.MYNUMBER][0], what
