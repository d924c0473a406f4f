"""Workbooks out and in: what is right is kept, every fault is found at its cell."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.correspondence.service.archives import File
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.kernel.bodies import Body, all_bodies
from jichitai.standardisation.progress.costs import Basis, CostItem, Phase
from jichitai.standardisation.progress.reports import BodyReport, Cloud, DeadlineClass
from jichitai.standardisation.survey.layout import file_of, marked
from jichitai.standardisation.survey.model import asked_businesses, same
from jichitai.standardisation.survey.reading import preview, reports
from tests.standardisation.survey_builders import (
    AS_OF,
    BODIES,
    FIRST,
    HEAD,
    HEADING,
    Change,
    cost,
    filled,
    known,
    merged,
    moved,
    put,
    spoilt,
    system,
    told,
)

TOWNS = [one for one in all_bodies() if not one.code.endswith("0") and one.prefecture_code == "01"]
CITY = BODIES["012025"]
PREFECTURE = next(one for one in all_bodies() if one.code == "010006")

PLANTED: tuple[tuple[Change, str, str], ...] = (
    (moved("vendor", "contract"), f"E{HEAD}", "違う位置"),
    (merged(f"D{FIRST}:E{FIRST}"), f"D{FIRST}", "結合"),
    (put("vendor", "=1+1"), f"D{FIRST}", "式"),
    (put("target_on", "令和8年13月31日"), f"J{FIRST}", "月は1から12まで"),
    (put("target_on", "2027-02-30"), f"J{FIRST}", "日"),
    (put("code", "00000"), f"A{FIRST}", "対象にありません"),
    (put("code", "131016"), f"A{FIRST}", "ほかの団体"),
    (put("step3", "未"), f"M{FIRST}", "減っています"),
    (put("target_on", "R8.4.1"), f"J{FIRST}", "時点"),
    (put("step1", "完了"), f"N{FIRST}", "選べる値"),
    (put("cloud", "たぶん"), f"F{FIRST}", "選べる値"),
    (put("business", "印鑑登録"), f"C{FIRST + 1}", "同じ業務"),
    (put("business", "宇宙開発"), f"C{FIRST}", "この名前の業務"),
    (put("step7", None), f"T{FIRST}", "ステップ7が空"),
    (put("reason_class", 2), f"I{FIRST}", "理由の区分"),
    (put("late", "はい"), f"G{FIRST}", "食い違って"),
    (put("target_on", "令和9年9月30日"), f"K{FIRST}", "変わっています"),
)


def test_a_file_comes_back_as_the_answer_that_it_went_out_with() -> None:
    found = preview([filled(CITY)], known(CITY))
    assert (found.right, found.faults) == (21, [])
    back = reports(found, ())[CITY.code]
    assert same(back, told(CITY))


@settings(max_examples=15, deadline=None)
@given(
    st.text("0123", min_size=40, max_size=40),
    st.sampled_from(list(Cloud)),
    st.dates(min_value=AS_OF, max_value=date(2035, 12, 31)),
    st.integers(0, 10**12),
)
def test_whatever_an_answer_says_survives_the_way_through_a_workbook(
    states: str, cloud: Cloud, target: date, yen: int
) -> None:
    answer = BodyReport(
        body=CITY.code,
        systems=(
            system(
                states=states,
                cloud=cloud,
                target_on=target,
                late=True,
                reason_class=3,
                deadline_class=DeadlineClass.LATE,
                risks="人手<&>が足りない",
            ),
        ),
        costs=(
            CostItem(
                phase=Phase.BEFORE,
                item="network",
                fiscal_year=2018,
                yen=yen,
                months=11,
                basis=Basis.BUDGET,
            ),
        ),
    )
    found = preview([File("", file_of(HEADING, CITY, answer))], known())
    assert found.faults == []
    assert same(reports(found, ())[CITY.code], answer)


@pytest.mark.parametrize(("change", "cell", "why"), PLANTED)
def test_a_fault_is_told_at_its_cell_and_the_other_rows_are_kept(
    change: Change, cell: str, why: str
) -> None:
    found = preview([spoilt(CITY, change)], known(CITY))
    ((_, wrong),) = found.faults
    assert (wrong.cell, why in wrong.why, bool(wrong.remedy)) == (cell, True, True), wrong
    assert found.right >= 20


def test_a_lost_zero_is_offered_as_a_repair_and_not_written_without_consent() -> None:
    found = preview([spoilt(CITY, put("code", 12025))], known(CITY))
    ((row, wrong),) = found.faults
    assert (wrong.cell, wrong.value, wrong.repair) == (f"A{FIRST}", "12025", CITY.code)
    assert len(reports(found, ())[CITY.code].systems) == 20
    assert len(reports(found, [row.row])[CITY.code].systems) == 21


def test_dates_are_taken_in_either_calendar_and_a_reason_lets_steps_go_back() -> None:
    for written in ("令和9年3月31日", "R9.3.31", "2027-03-31", date(2027, 3, 31), "20270331"):
        found = preview([spoilt(CITY, put("target_on", written))], known(CITY))
        assert found.faults == []
        assert reports(found, ())[CITY.code].systems[0].target_on == date(2027, 3, 31)

    def reasoned(book: object) -> None:
        put("step3", "未")(book)
        put("reason", "試験をやり直すため")(book)

    assert preview([spoilt(CITY, reasoned)], known(CITY)).faults == []


def test_a_business_that_a_body_does_not_run_and_a_cost_that_cannot_be_are_told() -> None:
    def added(book: object) -> None:
        for key, value in (("code", PREFECTURE.code), ("business", "住民基本台帳")):
            put(key, value, row=20)(book)
        for number in range(1, 41):
            put(f"step{number}", "中", row=20)(book)

    found = preview([spoilt(PREFECTURE, added)], known())
    assert [wrong.why for _, wrong in found.faults] == ["この団体は行わない業務です"]
    assert found.right == len(asked_businesses(PREFECTURE, on=AS_OF))

    def amount(book: object) -> None:
        for place, value in (("E4", 2018), ("F4", "-5"), ("H4", "決算")):
            cost(place, value)(book)

    ((row, wrong),) = preview([spoilt(CITY, amount)], known(CITY)).faults
    assert (wrong.cell, row.values["sheet"]) == ("F4", "経費")


def test_a_body_may_answer_for_itself_only() -> None:
    other = BODIES["131016"]
    alone = replace(known(), only=CITY.code)
    found = preview([File("", filled(other).data)], alone)
    assert found.right == 0
    assert all("ほかの団体" in wrong.why for _, wrong in found.faults)


def test_a_file_that_is_no_workbook_is_refused_whole() -> None:
    with pytest.raises(WorkbookRefusedError):
        preview([File("", b"not a workbook")], known())


def test_empty_rows_are_passed_over() -> None:
    found = preview([File("", file_of(HEADING, CITY, None))], known())
    assert (found.rows, reports(found, ())) == ((), {})


def planted(bodies: list[Body]) -> tuple[list[File], int]:
    """Files of all of these bodies, of which twenty have a fault."""
    files = [filled(one) for one in bodies]
    changes = [one[0] for one in PLANTED if one[0] is not PLANTED[5][0]]
    for at, change in enumerate(changes):
        files[at] = spoilt(bodies[at], change)
    count = len(changes)
    files[count] = spoilt(bodies[count], put("code", int(bodies[count].code)))
    files[count + 1] = replace(files[count + 1], data=files[-1].data)
    files[count + 2] = replace(files[count + 2], data=b"PK broken")
    files[count + 3] = spoilt(bodies[count + 3], put("vendor", "#N/A", row=FIRST + 1))
    return files, count + 4


def test_twenty_planted_faults_are_found_and_no_other() -> None:
    bodies = [one for one in TOWNS if one.code != CITY.code][:40]
    files, count = planted(bodies)
    assert count == 20
    found = preview(files, known(*bodies))
    at = {row.row.split(" ")[0] for row, _ in found.faults}
    assert (len(found.faults), len(at)) == (20, 20)
    assert at == {one.name for one in files[:20]}
    back = marked(HEADING, found)
    assert preview([File("", back)], known(*bodies)).cells > 0
