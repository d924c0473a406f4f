"""Which notice of the register ends which certificate."""

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Reason
from jichitai.jpki.lifecycle import model
from jichitai.jpki.lifecycle.model import Basis, Followed, Step, Turn
from jichitai.jukinet.messages import M01, Change, Identity
from tests.builders import OTHER_TOWN, TOWN

SIGNING, USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH
IDENTITY = Identity(
    juki_code="10000000008",
    my_number=None,
    name="見本　花子",
    kana="ミホン　ハナコ",
    birth_date="1985-05-01",
    sex="2",
    postal_code="0600001",
    address="本町二丁目3番4号",
)


def notice(
    change: Change, reason: str, *, town: str = TOWN, identity: Identity = IDENTITY, **more: object
) -> M01:
    return M01(
        municipality=town,
        event_number=1,
        change=change,
        net_reason=reason,
        changed_on="2026-11-20",
        residence_since=date(2020, 4, 1),
        recorded_at=datetime(2026, 11, 20, 1, tzinfo=UTC),
        identity=identity,
        **more,  # type: ignore[arg-type]
    )


def changed(**values: object) -> Identity:
    return msgspec.structs.replace(IDENTITY, **values)


def certificate(kind: CertificateKind, **values: object) -> Followed:
    items = model.items_of(IDENTITY, TOWN)
    basis = Basis(municipality=TOWN, certified=items, current=items)
    return replace(Followed(kind=kind, basis=basis), **values)  # type: ignore[arg-type]


def after(kind: CertificateKind, *notices: M01) -> Followed:
    return model.follow(certificate(kind), [model.step_of(one) for one in notices])


def cause(followed: Followed) -> Cause | None:
    return followed.end.cause if followed.end else None


NEW_ADDRESS = changed(address="本町九丁目9番9号")
TABLE = [
    # of an event: notice, cause for signing, cause for user authentication
    ("move within", notice("correction", "N07", identity=NEW_ADDRESS), Cause.CHANGED, None),
    ("name", notice("correction", "N08", identity=changed(name="例示　花子")), Cause.CHANGED, None),
    (
        "birth date",
        notice("correction", "N08", identity=changed(birth_date="1985-05-02")),
        Cause.CHANGED,
        None,
    ),
    ("sex", notice("correction", "N08", identity=changed(sex="3")), Cause.CHANGED, None),
    (
        "former name",
        notice("correction", "N08", identity=changed(former_name="例示")),
        Cause.CHANGED,
        None,
    ),
    (
        "alias",
        notice("correction", "N08", identity=changed(alias="見本　ハナ")),
        Cause.CHANGED,
        None,
    ),
    (
        "furigana",
        notice("correction", "N08", identity=changed(kana="ケンポン　ハナコ")),
        None,
        None,
    ),
    ("minor", notice("correction", "N09", identity=NEW_ADDRESS), None, None),
    ("code", notice("correction", "N10", identity=changed(juki_code="10000000016")), None, None),
    ("number", notice("correction", "N12", identity=changed(my_number="123456789018")), None, None),
    ("death", notice("deletion", "N05"), Cause.DELETED, Cause.DELETED),
    ("ex officio", notice("deletion", "N06"), Cause.DELETED, Cause.DELETED),
    ("cancelled entry", notice("deletion", "N06", reversal=True), Cause.DELETED, Cause.DELETED),
    ("move out", notice("deletion", "N04"), Cause.MOVED_OUT, None),
    ("move in", notice("entry", "N01", town=OTHER_TOWN), Cause.MOVED_OUT, None),
    ("deletion cancelled", notice("entry", "N03", reversal=True), None, None),
]


@pytest.mark.parametrize(
    ("what", "said", "signing", "user_auth"), TABLE, ids=[row[0] for row in TABLE]
)
def test_each_event_ends_exactly_the_certificates_of_the_table(
    what: str, said: M01, signing: Cause | None, user_auth: Cause | None
) -> None:
    assert cause(after(SIGNING, said)) is signing
    assert cause(after(USER_AUTH, said)) is user_auth


def test_a_characters_other_form_is_identification_and_ends_nothing() -> None:
    rare = changed(name="髙橋　花子")
    common = changed(name="高橋　花子")
    items = model.items_of(rare, TOWN)
    basis = Basis(municipality=TOWN, certified=items, current=items)
    step = model.step_of(notice("correction", "N08", identity=common))
    assert model.follow(Followed(kind=SIGNING, basis=basis), [step]).end is None


def test_a_change_after_a_minor_correction_is_compared_with_the_corrected_items() -> None:
    minor = notice("correction", "N09", identity=NEW_ADDRESS)
    kept = after(SIGNING, minor, notice("correction", "N12", identity=NEW_ADDRESS))
    assert kept.end is None
    moved = after(SIGNING, minor, notice("correction", "N07", identity=changed(address="北町1番")))
    assert cause(moved) is Cause.CHANGED


def test_a_minor_correction_that_is_cancelled_ends_nothing() -> None:
    minor = notice("correction", "N09", identity=NEW_ADDRESS)
    undone = notice("correction", "N08", reversal=True)
    assert after(SIGNING, minor, undone).end is None


def test_a_departure_starts_thirty_days_that_an_arrival_stops() -> None:
    left = after(USER_AUTH, notice("deletion", "N04"))
    assert left.lapse_on == date(2026, 12, 20)
    arrived = after(USER_AUTH, notice("deletion", "N04"), notice("entry", "N01", town=OTHER_TOWN))
    assert (arrived.lapse_on, arrived.end) == (None, None)
    assert arrived.basis.municipality == OTHER_TOWN


def test_a_departure_that_is_cancelled_stops_them_too() -> None:
    back = after(USER_AUTH, notice("deletion", "N04"), notice("entry", "N03", reversal=True))
    assert (back.lapse_on, back.end) == (None, None)


@pytest.mark.parametrize(
    ("today", "lapsed"),
    [(date(2026, 12, 19), False), (date(2026, 12, 20), False), (date(2026, 12, 21), True)],
)
def test_the_lapse_comes_with_the_day_after_the_thirtieth(today: date, *, lapsed: bool) -> None:
    assert model.has_lapsed(date(2026, 12, 20), today) is lapsed
    assert model.has_lapsed(None, today) is False


def test_a_death_while_the_thirty_days_run_ends_the_certificate_at_once() -> None:
    gone = after(USER_AUTH, notice("deletion", "N04"), notice("deletion", "N05"))
    assert cause(gone) is Cause.DELETED


def test_what_a_town_may_report_and_how_it_ends() -> None:
    ends = {one: model.reported_end(one) for one in Cause}
    loss = ends[Cause.LOSS]
    assert loss is not None
    assert (loss.state, loss.reason) == (CertificateState.HELD, Reason.HOLD)
    assert {one for one, how in ends.items() if how is None} == {
        Cause.CHANGED,
        Cause.DELETED,
        Cause.MOVED_OUT,
        Cause.NOT_MOVED_IN,
        Cause.AUTHORITY_LEAK,
        Cause.RENEWED,
    }


def test_the_items_of_a_certificate_begin_with_the_prefecture_and_show_a_former_name() -> None:
    items = model.items_of(changed(former_name="例示", alias="ハナ"), TOWN)
    assert items.address == "北海道札幌市本町二丁目3番4号"
    assert items.name == "見本［例示］　花子（ハナ）"


ITEMS = st.sampled_from(["本町1番", "本町2番", "北町3番"]).map(
    lambda address: model.items_of(changed(address=address), TOWN)
)
STEPS = st.lists(
    st.builds(
        Step,
        turn=st.sampled_from(list(Turn)),
        municipality=st.sampled_from([TOWN, OTHER_TOWN]),
        items=ITEMS,
        on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ),
    max_size=8,
)


@given(STEPS, st.integers(0, 8), st.sampled_from([SIGNING, USER_AUTH]))
def test_following_in_two_batches_is_following_in_one(
    steps: list[Step], cut: int, kind: CertificateKind
) -> None:
    start = certificate(kind)
    assert model.follow(model.follow(start, steps[:cut]), steps[cut:]) == model.follow(start, steps)


@given(STEPS)
def test_a_user_authentication_certificate_ends_only_with_the_record(steps: list[Step]) -> None:
    ended = model.follow(certificate(USER_AUTH), steps).end is not None
    assert ended == any(step.turn is Turn.DELETED for step in steps)


@given(STEPS)
def test_a_signing_certificate_that_stands_still_says_what_the_record_says(
    steps: list[Step],
) -> None:
    start = certificate(SIGNING)
    followed = model.follow(start, steps)
    if followed.end is None and steps:
        told = (followed.basis.current, followed.basis.certified)
        assert any(model.says_the_same(steps[-1].items, items) for items in told)


def test_no_repr_tells_the_person() -> None:
    items: BasicItems = model.items_of(IDENTITY, TOWN)
    assert "見本" not in repr(certificate(SIGNING))
    assert "見本" not in repr(items)
