"""Relations, reasons of change, parties and refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.change_reasons import (
    ReasonGroup,
    UnknownReasonError,
    net_reason,
    net_reasons,
    reason,
    reasons,
)
from jichitai.kernel.errors import ConflictError, JichitaiError
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier, UnknownPartyError
from jichitai.kernel.relations import KIN, REPLACEMENTS, InvalidRelationError, Relation


@given(st.lists(st.sampled_from(KIN), min_size=1, max_size=4))
def test_chains_of_up_to_four_words_are_relations(links: list[str]) -> None:
    relation = Relation.parse("の".join(links))
    assert relation.links == tuple(links)
    assert str(relation) == relation.text


@given(st.lists(st.sampled_from(KIN), min_size=5, max_size=7))
def test_longer_chains_are_distant_kin(links: list[str]) -> None:
    with pytest.raises(InvalidRelationError, match="縁故者"):
        Relation.parse("の".join(links))
    relation = Relation("世帯主")
    for link in links:
        relation = relation.of(link)
    assert relation.text == "縁故者"


@pytest.mark.parametrize("word", REPLACEMENTS)
def test_a_forbidden_word_is_refused_with_the_word_to_use(word: str) -> None:
    with pytest.raises(InvalidRelationError) as caught:
        Relation.parse(word)
    assert REPLACEMENTS[word] in caught.value.detail


@pytest.mark.parametrize("text", ["", "友人", "子の", "の子", "世帯主の子", "同居人の子", "子の孫"])
def test_a_word_outside_the_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(InvalidRelationError, match="ください"):
        Relation.parse(text)


def test_a_relation_is_chained_only_from_kin() -> None:
    assert Relation("縁故者").of("子").text == "縁故者"
    with pytest.raises(InvalidRelationError):
        Relation("子").of("孫")
    with pytest.raises(InvalidRelationError):
        Relation("同居人").of("子")


def test_members_are_ranked_as_the_standard_orders_them() -> None:
    order = ["世帯主", "妻（未届）", "子", "子の妻", "子（子の夫）", "子の子", "父", "妹", "父の母"]
    order += ["妻の父", "縁故者", "同居人"]
    ranks = [Relation(text).rank for text in order]
    assert ranks == sorted(ranks)
    assert Relation("世帯主").is_head


def test_every_reason_belongs_to_a_group_and_a_known_class() -> None:
    known = {one.code for one in net_reasons()}
    for one in reasons():
        assert one.net_reason in known | {""}
        assert reason(one.code) is one
    assert [len(reasons(group)) for group in ReasonGroup] == [9, 9, 21]
    assert all(one.delta == 0 for one in reasons(ReasonGroup.CORRECTION))


@pytest.mark.parametrize("code", ["A99", "N01", ""])
def test_an_unknown_reason_is_refused(code: str) -> None:
    with pytest.raises(UnknownReasonError, match="異動事由"):
        reason(code)


def test_an_unknown_class_is_refused() -> None:
    assert net_reason("N05").name == "死亡"
    with pytest.raises(UnknownReasonError):
        net_reason("A01")


@pytest.mark.parametrize("party", [Party.town("011002"), Party.prefecture("01"), NATION, MINISTRY])
def test_a_party_is_read_back(party: Party) -> None:
    assert Party.parse(str(party)) == party
    assert party.code.startswith(party.prefecture_code)


@pytest.mark.parametrize(
    "text", ["", "town", "town-01", "prefecture-1x", "city-011002", "nation-1"]
)
def test_an_unknown_party_is_refused(text: str) -> None:
    with pytest.raises(UnknownPartyError, match="ください"):
        Party.parse(text)


def test_a_tier_has_parties_of_its_own() -> None:
    assert Party.town("011002").tier is Tier.TOWN


def test_a_refusal_speaks_even_without_a_sentence() -> None:
    assert str(ConflictError()) == ConflictError.title
    error = JichitaiError("理由", count=1)
    assert (error.detail, error.facts) == ("理由", {"count": 1})
