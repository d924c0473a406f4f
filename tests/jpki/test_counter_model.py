"""Documents that prove who stands at the counter, and photos that a card can have."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from jichitai.jpki.counter import documents, model
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import (
    InsufficientDocumentsError,
    UnusablePhotoError,
    WrongStageError,
)
from jichitai.jpki.counter.model import ChipState, Stage
from jichitai.jpki.counter.photo import prepared
from jichitai.jpki.kinds import Cause

TODAY = date(2026, 11, 20)
A1, A2, B1, B2, B3, PHOTO_B = "driver", "passport", "pension", "patient", "medical", "student"


@pytest.mark.parametrize(
    ("case", "holder", "agent", "enough"),
    [
        (Case.HOLDER, [A1], [], True),
        (Case.HOLDER, [B1], [], False),
        (Case.HOLDER, [B1, B1], [], False),
        (Case.HOLDER, [B1, B2], [], True),
        (Case.HOLDER, [], [], False),
        (Case.REPRESENTATIVE, [A1], [], False),
        (Case.REPRESENTATIVE, [B1, B2], [A1], True),
        (Case.AGENT, [A1], [A1, A2], False),
        (Case.AGENT, [A1, B1], [A1, B1], True),
        (Case.AGENT, [B1, B2, B3], [A1, A2], False),
        (Case.AGENT, [B1, B2, PHOTO_B], [A1, A2], True),
        (Case.AGENT, [A1, A2], [B1, B2], False),
    ],
)
def test_documents_are_enough_in_the_combinations_of_the_rule(
    case: Case, holder: list[str], agent: list[str], *, enough: bool
) -> None:
    if enough:
        documents.check(case, holder, agent, TODAY)
    else:
        with pytest.raises(InsufficientDocumentsError):
            documents.check(case, holder, agent, TODAY)


def test_a_document_counts_only_while_it_is_accepted() -> None:
    documents.check(Case.HOLDER, ["juki-card"], [], date(2025, 12, 31))
    with pytest.raises(InsufficientDocumentsError):
        documents.check(Case.HOLDER, ["juki-card"], [], date(2026, 1, 1))
    names = {document.id for document in documents.documents(date(2020, 1, 1))}
    assert "eligibility" not in names


KNOWN = [document.id for document in documents.documents(TODAY)]


@given(
    st.sampled_from(list(Case)),
    st.lists(st.sampled_from(KNOWN), max_size=4),
    st.lists(st.sampled_from(KNOWN), max_size=4),
    st.sampled_from(KNOWN),
)
def test_one_more_document_never_makes_them_too_few(
    case: Case, holder: list[str], agent: list[str], more: str
) -> None:
    try:
        documents.check(case, holder, agent, TODAY)
    except InsufficientDocumentsError:
        return
    documents.check(case, [*holder, more], [*agent, more], TODAY)


@given(st.sampled_from(list(Stage)), st.sets(st.sampled_from(list(Stage))))
def test_a_deed_is_done_at_its_own_stages_only(stage: Stage, allowed: set[Stage]) -> None:
    if stage in allowed:
        model.expect(stage, *allowed)
    else:
        with pytest.raises(WrongStageError):
            model.expect(stage, *allowed)


def test_a_loss_suspends_the_card_and_a_wish_leaves_it_in_use() -> None:
    assert model.chip_after(Cause.LOSS) is ChipState.SUSPENDED
    assert model.chip_after(Cause.CARD_LAPSED) is ChipState.LAPSED
    assert model.chip_after(Cause.REQUEST) is None


def test_a_photo_is_made_small_and_keeps_nothing_but_the_picture() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "maker of the camera"
    Image.new("RGB", (1200, 1600), (120, 130, 140)).save(out, "JPEG", exif=exif)
    small = prepared(out.getvalue())
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (450, 600)
        assert not image.getexif()
    assert b"camera" not in small


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reading_of_a_photo(content: bytes) -> None:
    with pytest.raises(UnusablePhotoError):
        prepared(content)
    with pytest.raises(UnusablePhotoError):
        prepared(b"\xff\xd8\xff\xe0" + content)
