"""Names, their characters and search keys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.characters import (
    GETA,
    Loss,
    clusters,
    in_jis_x_0213,
    is_ideograph,
    reduce_text,
    reduction,
    unknown_characters,
    variant_key,
    variants,
)
from jichitai.kernel.persons import InvalidNameError, PersonName, Sex, kana_key, kana_keys
from tests.kernel.vectors import vectors

names = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FBF), min_size=1, max_size=6)
kanas = st.text(st.characters(min_codepoint=0x30A1, max_codepoint=0x30F6), min_size=1, max_size=12)


@pytest.mark.parametrize("row", vectors("kana_search.csv"), ids=lambda row: row["query"])
def test_fuzzy_kana_search_follows_the_standard(row: dict[str, str]) -> None:
    found = kana_key(row["stored"]) in kana_keys(row["query"])
    assert found is (row["found"] == "yes")


@given(kanas)
def test_a_name_is_always_found_by_its_own_spelling(kana: str) -> None:
    assert kana_keys(kana)[0] == kana_key(kana)
    assert kana_key(kana_key(kana)) == kana_key(kana)
    assert len(kana_keys(kana)) <= 32


@given(kanas, kanas)
def test_the_key_of_a_beginning_is_the_beginning_of_the_key(head: str, tail: str) -> None:
    if head[-1] not in "ヴ" and tail[0] not in "ァィゥェォ":
        assert kana_key(head + tail).startswith(kana_key(head))


def test_many_open_sounds_are_not_spread_without_end() -> None:
    assert len(kana_keys("ハ" * 40)) == 32


@given(names, names)
def test_a_name_is_kept_as_typed(family: str, given_name: str) -> None:
    name = PersonName.parse(f" {family} 　{given_name} ", "やまだ　はなこ")
    assert (name.family, name.given) == (family, given_name)
    assert str(name) == f"{family}　{given_name}"
    assert (name.family_kana, name.given_kana) == ("ヤマダ", "ハナコ")


def test_a_name_with_selectors_is_never_normalised() -> None:
    text = "葛\U000e0102城　辻\U000e0102\ufa19"
    assert unicodedata.normalize("NFC", text) != text
    assert PersonName.parse(text).text == text


def test_a_name_of_one_part_has_no_given_name() -> None:
    name = PersonName.parse("SUKARNO", "ﾊﾝｶｸ")
    assert (name.family, name.given, name.given_kana) == ("SUKARNO", "", "")
    assert name.kana == "ハンカク"


def test_a_wide_space_parts_the_names_of_foreigners() -> None:
    name = PersonName.parse("SMITH　JOHN  MICHAEL", "スミス　ジョン　マイケル")
    assert (name.family, name.given) == ("SMITH", "JOHN MICHAEL")
    assert name.kana == "スミス　ジョン マイケル"
    assert name.search_key() == "スミスシヨンマイケル"
    assert name.given_key() == "シヨンマイケル"


@pytest.mark.parametrize(
    ("text", "kana"),
    [("", ""), (" 　", ""), ("山田\n花子", ""), ("山田", "山田"), ("山田", "ﾔﾏﾀﾞ\x00")],
)
def test_what_no_name_has_is_refused(text: str, kana: str) -> None:
    with pytest.raises(InvalidNameError, match="ください"):
        PersonName.parse(text, kana)


def test_control_characters_are_refused_when_a_name_is_built_directly() -> None:
    with pytest.raises(InvalidNameError, match="取り除いて"):
        PersonName("山田\x07花子")


def test_sex_has_words() -> None:
    assert [sex.japanese for sex in Sex] == ["男", "女", "不詳"]


@given(st.text(max_size=12))
def test_a_reduced_text_fits_jis_x_0213_and_tells_its_losses(text: str) -> None:
    found = reduction(text)
    assert in_jis_x_0213(found.text)
    assert reduce_text(text) == found.text
    assert bool(found.losses) == (found.text != text)
    for loss in found.losses:
        assert text[loss.at :].startswith(loss.original)
        assert loss.replacement != loss.original


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("山田　花子", "山田　花子"),
        ("髙橋", "高橋"),
        ("𠮷田", "吉田"),
        ("葛\U000e0107城", "葛城"),
        ("辻\U000e0102", "辻"),
        ("山﨑", "山﨑"),
        ("邉\U000e010e", "邉"),
    ],
)
def test_names_reduce_as_the_map_says(text: str, plain: str) -> None:
    assert reduce_text(text) == plain


def test_a_character_without_counterpart_becomes_geta() -> None:
    assert reduction("a😀").losses == (Loss(1, "😀", GETA),)


def test_a_lone_selector_is_a_cluster_of_its_own() -> None:
    assert clusters("\U000e0100山\ufe00") == ("\U000e0100", "山\ufe00")


def test_forms_of_the_table_are_known_and_others_are_told() -> None:
    for form in variants("邉"):
        assert unknown_characters(form) == ()
    assert unknown_characters("邉\U000e01ee") == ("邉\U000e01ee",)
    assert unknown_characters("\U0003fffd") == ("\U0003fffd",)
    assert unknown_characters("Anna　アンナ") == ()
    assert is_ideograph("々")


@pytest.mark.parametrize(
    ("common", "others"),
    [
        ("辺", "邊邉"),
        ("浜", "濱濵"),
        ("高", "髙"),
        ("崎", "﨑嵜"),
        ("斎", "齋"),
        ("沢", "澤"),
        ("国", "國"),
    ],
)
def test_a_name_is_found_across_its_variants(common: str, others: str) -> None:
    assert {variant_key(other) for other in others} == {variant_key(common)} == {common}


def test_different_common_characters_stay_apart() -> None:
    assert len({variant_key(one) for one in "山川田中村木林森辺浜高崎沢国斎斉藤東西南北"}) == 21


@given(names)
def test_a_variant_key_is_stable(text: str) -> None:
    assert variant_key(variant_key(text)) == variant_key(text)
