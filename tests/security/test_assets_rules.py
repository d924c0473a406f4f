"""Rules of separation: each rule finds its planted fault, and nothing else."""

from collections.abc import Callable
from datetime import date

import pytest

from jichitai.security.assets.errors import AssetRefusedError
from jichitai.security.assets.model.drafts import SystemDraft
from jichitai.security.assets.model.kinds import (
    Answer,
    Area,
    Confidentiality,
    Form,
    Limit,
    Route,
    Sanitising,
)
from jichitai.security.assets.model.picture import (
    Link,
    Picture,
    Segment,
    System,
    check_link,
    check_model,
    check_system,
)
from jichitai.security.assets.rules.catalogue import rules_on
from jichitai.security.assets.rules.checking import check
from jichitai.security.guideline import builtin
from jichitai.security.guideline.model import NetworkModel
from tests.security.assets_builders import (
    LIMITED,
    ON,
    end,
    link,
    link_draft,
    model,
    picture,
    segment,
    system,
    system_draft,
)

JUKI = system()
TAX = system("税務")
OFFICE = system("グループウェア", Area.LGWAN)
WEB = system("ホームページ", Area.INTERNET, confidentiality=Confidentiality.OPEN)
DESK = segment()


GOV = system("標準準拠システム", Area.CLOUD, treated_as=Area.MYNUMBER, form=Form.GOVERNMENT_CLOUD)
OFFICE_CLOUD = system("文書作成", Area.CLOUD, treated_as=Area.LGWAN, form=Form.CLOUD)
SAFE: list[System | Segment | Link] = [
    JUKI, TAX, OFFICE, WEB, DESK, GOV,
    link(JUKI, TAX, approval=""),
    link(JUKI, "juki-net", limits=LIMITED, route=Route.DEDICATED),
    link(TAX, "eltax", limits=(Limit.MAC, Limit.PORT), route=Route.LGWAN),
    link(OFFICE, "lgwan", route=Route.LGWAN),
    link(DESK, WEB, sanitising=Sanitising.SCREEN),
    link(WEB, "security-cloud", route=Route.CLOSED),
    link(JUKI, GOV, route=Route.DEDICATED),
]  # fmt: skip

PLANTED: list[tuple[str, Callable[[], Picture]]] = [
    ("N01", lambda: picture(JUKI, OFFICE, link(JUKI, OFFICE))),
    ("N01", lambda: picture(JUKI, WEB, link(WEB, JUKI, sanitising=Sanitising.FILE))),
    ("N01", lambda: picture(GOV, OFFICE, link(GOV, OFFICE, route=Route.DEDICATED))),
    ("N02", lambda: picture(JUKI, link(JUKI, "maintenance", limits=LIMITED))),
    ("N02", lambda: picture(JUKI, link(JUKI, "internet", limits=LIMITED))),
    ("N03", lambda: picture(JUKI, link("juki-net", JUKI, limits=(Limit.PORT,)))),
    ("N03", lambda: picture(JUKI, link(JUKI, "juki-net", limits=(Limit.IP, Limit.MAC)))),
    ("N04", lambda: picture(OFFICE, WEB, link(OFFICE, WEB))),
    ("N04", lambda: picture(OFFICE, link(OFFICE, "security-cloud"))),
    ("N05", lambda: picture(DESK, OFFICE_CLOUD, link(DESK, OFFICE_CLOUD, route=Route.INTERNET))),
    ("N06", lambda: picture(DESK, OFFICE_CLOUD, link(DESK, OFFICE_CLOUD, route=Route.INTERNET, limits=LIMITED),
                            model_=model(NetworkModel.ALPHA_PRIME))),
    ("N07", lambda: picture(JUKI, GOV, link(JUKI, GOV, route=Route.INTERNET))),
    ("N08", lambda: picture(system("標準準拠", Area.CLOUD, treated_as=Area.MYNUMBER, form=Form.GOVERNMENT_CLOUD, own_keys=Answer.NO))),
    ("N09", lambda: picture(JUKI, DESK, link(DESK, JUKI, sanitising=Sanitising.SCREEN))),
    ("N10", lambda: picture(segment("会議室", Area.LGWAN, wireless=True))),
    ("N11", lambda: picture(system("申請受付", Area.LGWAN, handles_mynumber=True))),
    ("N12", lambda: picture(system("文書管理", Area.INTERNET, confidentiality=Confidentiality.INTERNAL))),
    ("N12", lambda: picture(system("財務", Area.INTERNET, confidentiality=Confidentiality.STRICT), model_=model(NetworkModel.BETA))),
    ("N13", lambda: picture(segment("業務端末", Area.INTERNET))),
    ("N14", lambda: picture(model_=model(NetworkModel.BETA, edr=Answer.NO))),
    ("N14", lambda: picture(model_=model(NetworkModel.BETA_PRIME, detection=Answer.UNKNOWN))),
    ("N15", lambda: picture(model_=model(NetworkModel.ALPHA_PRIME, reported_on=None))),
    ("N16", lambda: picture(WEB, link(WEB, "internet"))),
    ("N17", lambda: picture(system(two_factor=Answer.UNKNOWN))),
    ("N18", lambda: picture(system(no_media=Answer.NO))),
    ("N19", lambda: picture(OFFICE, link(OFFICE, "lgwan", approval=""))),
    ("N19", lambda: picture(OFFICE, link(OFFICE, "lgwan", until=date(2026, 11, 19)))),
    ("N20", lambda: picture(system("機密", Area.CLOUD, treated_as=Area.LGWAN, form=Form.GOVERNMENT_CLOUD, confidentiality=Confidentiality.TOP))),
    ("N21", lambda: picture(system("共有", Area.CLOUD, treated_as=Area.INTERNET, form=Form.FIXED_TERMS))),
    ("N22", lambda: picture(JUKI, OFFICE, link(JUKI, "data-centre", limits=LIMITED), link(OFFICE, "data-centre"))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "build"), PLANTED)
def test_a_planted_fault_is_found_by_its_rule_alone(
    rule: str, build: Callable[[], Picture]
) -> None:
    found = check(build())
    assert [one.rule.code for one in found] == [rule]
    assert found[0].rule.remedy.endswith("。")
    assert found[0].what.endswith("。")


def test_every_rule_has_a_planted_fault_and_an_item_of_the_guideline() -> None:
    rules = rules_on(ON)
    assert {rule for rule, _ in PLANTED} == set(rules)
    catalogue = builtin.catalogue("R8.3")
    assert all(rule.item_id in catalogue for rule in rules.values())


def test_a_network_that_keeps_its_areas_apart_has_no_findings() -> None:
    assert check(picture(*SAFE)) == []


@pytest.mark.parametrize(
    "kind", [NetworkModel.ALPHA_PRIME, NetworkModel.BETA, NetworkModel.BETA_PRIME]
)
def test_what_a_model_allows_is_no_finding(kind: NetworkModel) -> None:
    main = Area.LGWAN if kind is NetworkModel.ALPHA_PRIME else Area.INTERNET
    terminals = segment("業務端末", main)
    cloud = system(
        "共同編集", Area.CLOUD, treated_as=main, form=Form.CLOUD, ismap=Answer.YES,
        confidentiality=Confidentiality.LIMITED,
    )  # fmt: skip
    breakout = link(terminals, cloud, route=Route.INTERNET, limits=LIMITED)
    important = system("文書管理", Area.INTERNET, confidentiality=Confidentiality.INTERNAL)
    things: list[System | Segment | Link] = [terminals, cloud, breakout]
    if kind is NetworkModel.BETA_PRIME:
        things.append(important)
    assert check(picture(*things, model_=model(kind))) == []


def test_rules_of_a_later_revision_are_not_asked_before_it() -> None:
    screen = link(DESK, JUKI, sanitising=Sanitising.SCREEN, screen_conditions=Answer.YES)
    wireless = segment("会議室", Area.LGWAN, wireless=True)
    earlier = picture(JUKI, DESK, screen, wireless, on=date(2025, 3, 1))
    assert [one.rule.code for one in check(earlier)] == ["N01"]
    assert [one.rule.code for one in check(picture(JUKI, DESK, screen, wireless))] == ["N10"]


def test_findings_name_the_link_and_put_violations_first() -> None:
    bad = link(JUKI, OFFICE, approval="")
    found = check(picture(JUKI, OFFICE, bad))
    assert [(one.rule.code, one.link, one.violation) for one in found] == [
        ("N01", bad.number, True),
        ("N19", bad.number, False),
    ]
    assert found[0].link_id == bad.id
    assert "「住民記録」と「グループウェア」" in found[0].what


def test_no_model_entered_is_checked_as_alpha() -> None:
    terminals = segment("業務端末", Area.INTERNET)
    bare = Picture(systems=[], segments=[terminals], links=[], model=None, partners={}, on=ON)
    assert [one.rule.code for one in check(bare)] == ["N13"]


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (system_draft("雲", Area.CLOUD, form=Form.CLOUD), {"treated_as"}),
        (system_draft("雲", Area.CLOUD, form=Form.CLOUD, treated_as=Area.CLOUD), {"treated_as"}),
        (system_draft("雲", Area.CLOUD, treated_as=Area.LGWAN), {"form"}),
        (system_draft(segment_id=DESK.id), {"segment_id"}),
        (system_draft("別", Area.LGWAN, segment_id=JUKI.id), {"segment_id"}),
    ],
)
def test_a_system_that_cannot_be_so_is_refused(draft: SystemDraft, fields: set[str]) -> None:
    with pytest.raises(AssetRefusedError) as refused:
        check_system(draft, {DESK.id: DESK})
    assert set(refused.value.facts["fields"]) == fields  # type: ignore[call-overload]


def test_a_link_needs_two_known_ends_of_which_one_is_ours() -> None:
    here = picture(JUKI)
    for one, other, field in (
        (JUKI, OFFICE, "other"),
        (JUKI, JUKI, "other"),
        ("lgwan", "internet", "other"),
        ("nobody", JUKI, "one"),
    ):
        with pytest.raises(AssetRefusedError) as refused:
            check_link(link_draft(end(one), end(other)), here)
        assert list(refused.value.facts["fields"]) == [field]  # type: ignore[call-overload]


def test_days_of_audit_and_report_have_an_order() -> None:
    for wrong in (
        model(audited_on=date(2026, 11, 21)),
        model(audited_on=date(2026, 9, 1), reported_on=date(2026, 8, 31)),
    ):
        with pytest.raises(AssetRefusedError):
            check_model(wrong, ON)
    check_model(model(), ON)
