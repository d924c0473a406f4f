"""Reminders, contacts, surveys and a body's inbox."""

import io
import time
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

from jichitai.correspondence.errors import (
    AlreadyAppliedError,
    BadContactError,
    NothingToSendError,
    NotYourMemberError,
    UnknownUploadError,
)
from jichitai.correspondence.model.letters import Wording
from jichitai.correspondence.service.archives import files_of
from jichitai.correspondence.service.contacts import Contacts
from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.correspondence.store import contacts, reminders
from jichitai.correspondence.store.contacts import Contact
from jichitai.infra import mail
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import ALL_TOWNS, Tx, enter_town
from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import body
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.errors import NotYourBodyError, UnknownDocumentError
from jichitai.security.messages import S10, S11
from jichitai.security.obligations.model import Denominator
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.errors import (
    BadAnswerError,
    BadFormError,
    NotAskedError,
    RoundStateError,
    UnknownRoundError,
)
from jichitai.security.oversight.model.forms import Form, Question, checked, clean, form_of, written
from jichitai.security.oversight.model.letters import Matter, wording
from jichitai.security.oversight.service import sheets
from jichitai.security.oversight.service.notices import Inbox
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.service.receiving import Receiving
from jichitai.security.oversight.service.reminding import Reminding
from jichitai.security.oversight.service.surveys import Asked, Surveys
from jichitai.security.oversight.service.todos import todos
from jichitai.security.oversight.store import notices, surveys
from tests.conftest import OTHER_TOWN, TOWN
from tests.security.oversight_builders import OFFICER, answer, form, policy, received

HERE = Overseer("01")
THE_MINISTRY = Overseer(MINISTRY_KEY)
SAPPORO, HAKODATE = "011002", "012025"
WORDS = Wording(subject="方針の公表について", text="公表の状況を報告してください。")


def contact(code: str, **changes: str) -> Contact:
    values = {"office": "総務課", "mail": f"soumu@x{code}.example.jp", "phone": "011-000-0000"}
    values |= changes
    return Contact(body=code, office=values["office"], mail=values["mail"], phone=values["phone"])


async def sent(tx: Tx) -> list[tuple[str, str]]:
    cursor = await tx.execute("select receiver, kind from infra.outbox order by receiver, number")
    return list(await cursor.fetchall())


# --- reminders --------------------------------------------------------------------


@pytest.mark.parametrize("matter", Matter)
def test_the_words_of_a_reminder_may_leave(matter: Matter) -> None:
    words = wording(matter, title="令和8年度の調査", due_on=date(2026, 12, 1))
    assert len(words.subject) <= 100
    assert "令和8年（2026年）12月1日" in words.text


async def test_a_reminder_goes_by_letter_and_to_the_inbox_and_is_logged(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Reminding(clock, outbox)
    await enter_town(tx, ALL_TOWNS)
    await Contacts(clock, SECURITY).save(tx, HERE, contact(SAPPORO), actor=OFFICER)
    plan = await work.remind(
        tx, HERE, Matter.POLICY, words=WORDS, actor=OFFICER, codes=[SAPPORO, HAKODATE, OTHER_TOWN]
    )
    assert [one.code for one in plan.bodies] == [SAPPORO, HAKODATE]
    assert plan.without_address == (HAKODATE,)
    assert plan.done == (OTHER_TOWN,)
    assert await sent(tx) == [("town-011002", "S10"), ("town-012025", "S10")]
    (letter,) = await mail.letters(tx, office="010006")
    assert letter.recipient == "soumu@x011002.example.jp"
    assert letter.body.startswith("北海道札幌市\n情報セキュリティ担当 御中")
    log = await reminders.reminders(tx, SECURITY, "01")
    assert {(one.body, one.letter) for one in log} == {(SAPPORO, "waiting"), (HAKODATE, "")}
    assert not await reminders.reminders(tx, SECURITY, "13")


async def test_nobody_is_reminded_twice_on_a_day(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Reminding(clock, outbox)
    await enter_town(tx, ALL_TOWNS)

    async def remind() -> int:
        plan = await work.remind(
            tx, HERE, Matter.POLICY, words=WORDS, actor=OFFICER, codes=[SAPPORO]
        )
        return len(plan.bodies)

    assert await remind() == 1
    with pytest.raises(NothingToSendError):
        await remind()
    clock.instant += timedelta(days=1)
    assert await remind() == 1


async def test_all_bodies_can_be_reminded_at_once(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx = ministry_tx
    every = [contact(one.code) for one in THE_MINISTRY.fixed]
    await contacts.add_contacts(tx, SECURITY, THE_MINISTRY.key, every, at=clock.now(), by="x")
    began = time.perf_counter()
    plan = await Reminding(clock, outbox).remind(
        tx, THE_MINISTRY, Matter.POLICY, words=WORDS, actor=OFFICER
    )
    assert time.perf_counter() - began < 5
    assert len(plan.bodies) == 1788
    assert len(await sent(tx)) == 1788
    assert ("prefecture-01", "S10") in await sent(tx)


async def test_the_letters_of_a_prefecture_are_not_seen_by_another_body(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx = prefecture_tx
    await enter_town(tx, ALL_TOWNS)
    await Contacts(clock, SECURITY).save(tx, HERE, contact(SAPPORO), actor=OFFICER)
    await Reminding(clock, outbox).remind(
        tx, HERE, Matter.POLICY, words=WORDS, actor=OFFICER, codes=[SAPPORO]
    )
    await enter_town(tx, "130001")
    cursor = await tx.execute("select count(*) from infra.letter")
    assert await cursor.fetchone() == (0,)


# --- contacts ---------------------------------------------------------------------


async def test_contacts_come_from_a_spreadsheet_after_a_preview(
    prefecture_tx: Tx, clock: FixedClock
) -> None:
    tx, work = prefecture_tx, Contacts(clock, SECURITY)
    await enter_town(tx, ALL_TOWNS)
    book = load_workbook(io.BytesIO(await work.sheet(tx, HERE)))
    page = book["連絡先"]
    rows = {str(row[0].value): row for row in page.iter_rows() if row[0].value}
    for code, office, address in (
        (SAPPORO, "デジタル課", "digital@sapporo.example.jp"),
        (HAKODATE, "総務課", "総務課のメール"),
    ):
        rows[code][2].value, rows[code][3].value = office, address
    rows["012033"][0].value = 12033
    rows["012033"][2].value, rows["012033"][3].value = "総務課", "a@otaru.example.jp"
    target = io.BytesIO()
    book.save(target)
    upload = await work.take(tx, HERE, target.getvalue(), name="連絡先.xlsx", actor=OFFICER)
    taken = await work.preview(tx, HERE, upload)
    assert (len(taken.rows), taken.right) == (3, 1)
    assert not await contacts.contacts(tx, SECURITY, "01")
    repair = next(one for one in taken.rows if one.repairable)
    assert "012033 北海道小樽市 でよければ" in repair.faults[0].remedy
    assert await work.apply(tx, HERE, upload, repaired=[repair.row], actor=OFFICER) == 2
    known = await contacts.contacts(tx, SECURITY, "01")
    assert known.keys() == {SAPPORO, "012033"}
    with pytest.raises(AlreadyAppliedError):
        await work.apply(tx, HERE, upload, repaired=[], actor=OFFICER)
    with pytest.raises(UnknownUploadError):
        await work.preview(tx, Overseer("13"), upload)


async def test_a_prefecture_records_contacts_of_its_members_only(
    prefecture_tx: Tx, clock: FixedClock
) -> None:
    work = Contacts(clock, SECURITY)
    with pytest.raises(NotYourMemberError):
        await work.save(prefecture_tx, HERE, contact(OTHER_TOWN), actor=OFFICER)
    with pytest.raises(mail.BadAddressError):
        await work.save(prefecture_tx, HERE, contact(SAPPORO, mail="x"), actor=OFFICER)
    with pytest.raises(BadContactError):
        await work.save(prefecture_tx, HERE, contact(SAPPORO, office=" "), actor=OFFICER)


# --- forms ------------------------------------------------------------------------


def test_a_form_that_cannot_be_asked_is_refused() -> None:
    one = Question(key="a", label="設問")
    for questions in (
        (),
        (one, Question(key="a", label="別の設問")),
        (one, Question(key="b", label="設問")),
        (Question(key="a", label="設問", kind="choice", choices=("一つ",)),),
    ):
        with pytest.raises(BadFormError):
            checked(Form(questions=questions))
    for text in ("", "[]", '{"questions":[{"key":"A","label":"x"}]}', "{" * 2000):
        with pytest.raises(BadFormError):
            form_of(text)
    assert form_of(written(form())) == form()


def test_answers_are_cleaned_and_their_faults_say_what_to_do() -> None:
    good, wrong = clean(
        form(),
        {
            "csirt": "はい",
            "staff": "１，２３４",
            "drill": "R8.11.20",
            "model": "γ",
            "wish": "長" * 401,
            "x": "1",
        },
    )
    assert good == {"csirt": "はい", "staff": "1234", "drill": "2026-11-20"}
    assert wrong.keys() == {"x", "model", "wish"}
    assert "次から選んでください" in wrong["model"]
    _, wrong = clean(form(), {"staff": "十人", "drill": "令和8年13月"})
    assert wrong.keys() == {"csirt", "staff", "drill"}


# --- rounds -----------------------------------------------------------------------


def asked(**changes: object) -> Asked:
    values: dict[str, object] = {
        "title": "令和8年度 情報セキュリティ体制の調査",
        "purpose": "体制の実態をつかむため。",
        "form": form(),
        "as_of": date(2026, 10, 1),
        "due_on": date(2026, 12, 15),
        "denominator": Denominator.MUNICIPALITIES,
    }
    return Asked(**(values | changes))  # type: ignore[arg-type]


async def opened(tx: Tx, clock: FixedClock, outbox: Outbox, by: Overseer = HERE) -> UUID:
    await enter_town(tx, ALL_TOWNS)
    work = Surveys(clock, outbox)
    round_id = await work.save(tx, by, asked(), actor=OFFICER)
    await work.open(tx, by, round_id, actor=OFFICER)
    return round_id


async def test_opening_a_round_asks_every_body_once(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Surveys(clock, outbox)
    round_id = await opened(tx, clock, outbox)
    assert len(await sent(tx)) == 179
    found = await surveys.round_of(tx, "01", round_id)
    assert (found.state, found.asked, found.answered) == ("open", 179, 0)
    for again in (
        work.open(tx, HERE, round_id, actor=OFFICER),
        work.save(tx, HERE, asked(), actor=OFFICER, round_id=round_id),
        work.publish(tx, HERE, round_id, reason="", actor=OFFICER),
    ):
        with pytest.raises(RoundStateError):
            await again
    with pytest.raises(UnknownRoundError):
        await surveys.round_of(tx, "13", round_id)
    late = await work.save(tx, HERE, asked(due_on=date(2026, 1, 1)), actor=OFFICER)
    with pytest.raises(RoundStateError):
        await work.open(tx, HERE, late, actor=OFFICER)


async def test_answers_by_message_are_kept_every_one(
    ministry_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx = ministry_tx
    round_id = await opened(tx, clock, outbox, THE_MINISTRY)
    work = Receiving(clock, outbox)

    async def send(message: S11, origin: str = SAPPORO) -> None:
        await work.answers(tx, [received(message, origin=Party.town(origin), receiver=MINISTRY)])

    await send(answer(SAPPORO, round_id))
    await send(answer(SAPPORO, round_id))
    await send(answer(SAPPORO, round_id, revision=2, answers={"csirt": "いいえ"}, reason="誤記"))
    past = await surveys.past_answers(tx, "00", round_id, SAPPORO)
    assert [(one.number, one.answers["csirt"], one.reason) for one in past] == [
        (2, "いいえ", "誤記"),
        (1, "はい", ""),
    ]
    with pytest.raises(NotYourBodyError):
        await send(answer(HAKODATE, round_id))
    with pytest.raises(UnknownRoundError):
        await send(answer(SAPPORO, uuid4()))
    with pytest.raises(BadAnswerError):
        await send(answer(SAPPORO, round_id, revision=3, answers={"csirt": "たぶん"}))
    prefecture = received(
        answer("010006", round_id), origin=Party.prefecture("01"), receiver=MINISTRY
    )
    with pytest.raises(NotAskedError):
        await work.answers(tx, [prefecture])


async def test_a_prefecture_keeps_answers_to_its_own_rounds_and_passes_the_others_on(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, here = prefecture_tx, Party.prefecture("01")
    own = await opened(tx, clock, outbox)
    await tx.execute("delete from infra.outbox")
    work = Receiving(clock, outbox)
    for round_id in (own, uuid4()):
        await work.answers(
            tx,
            [received(answer(SAPPORO, round_id), origin=Party.town(SAPPORO), receiver=here)],
        )
    assert [receiver for receiver, _ in await sent(tx)] == ["ministry"]
    assert (await surveys.answers(tx, "01", own)).keys() == {SAPPORO}


def filled(archive: bytes, codes: Sequence[str]) -> bytes:
    """The files of these bodies, filled in as an official would."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(target, "w") as packed:
        for name in given.namelist():
            if name[:6] not in codes:
                continue
            book = load_workbook(io.BytesIO(given.read(name)))
            page = book["回答"]
            row = next(cells for cells in page.iter_rows() if cells[0].value == name[:6])
            row[2].value, row[3].value, row[4].value = "はい", 7, "令和8年9月1日"
            one = io.BytesIO()
            book.save(one)
            packed.writestr(name, one.getvalue())
    return target.getvalue()


async def test_a_survey_goes_out_and_comes_back_as_spreadsheets(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Surveys(clock, outbox)
    round_id = await opened(tx, clock, outbox)
    archive = await work.archive(tx, HERE, round_id)
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert len(packed.namelist()) == 179
        book = load_workbook(io.BytesIO(packed.read("011002_札幌市.xlsx")))
    assert book.sheetnames == ["回答", "設問の説明"]
    heads = [[cell.value for cell in row] for row in book["回答"].iter_rows()]
    assert heads[4][:3] == ["団体コード", "団体名", "問1 CSIRTがありますか"]
    assert heads[5][:2] == [SAPPORO, "北海道札幌市"]
    assert len(book["回答"].data_validations.dataValidation) == 2
    data = filled(archive, [SAPPORO, HAKODATE])
    upload = await work.take(tx, HERE, round_id, data, name="回答.zip", actor=OFFICER)
    taken = await work.preview(tx, HERE, round_id, upload)
    assert (taken.right, len(taken.rows)) == (2, 2), taken.faults
    assert not await surveys.answers(tx, "01", round_id)
    assert await work.apply(tx, HERE, round_id, upload, repaired=[], actor=OFFICER) == 2
    kept = await surveys.answers(tx, "01", round_id)
    assert kept[SAPPORO].answers == {"csirt": "はい", "staff": "7", "drill": "2026-09-01"}
    again = await work.take(tx, HERE, round_id, data, name="回答.zip", actor=OFFICER)
    assert await work.apply(tx, HERE, round_id, again, repaired=[], actor=OFFICER) == 0
    with pytest.raises(AlreadyAppliedError):
        await work.apply(tx, HERE, round_id, upload, repaired=[], actor=OFFICER)
    whole = load_workbook(io.BytesIO(await work.table(tx, HERE, round_id)))["回答"]
    assert next(r for r in whole.iter_rows(values_only=True) if r[0] == SAPPORO)[3] in ("7", 7)


def edited(archive: bytes, *rows: Sequence[object]) -> bytes:
    """The first file of an archive with these rows in place of its own."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        book = load_workbook(io.BytesIO(packed.read(packed.namelist()[0])))
    page = book["回答"]
    for number, row in enumerate(rows, start=6):
        for at, value in enumerate(row, start=1):
            page.cell(number, at).value = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


async def test_every_fault_of_an_upload_has_its_cell_and_remedy(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Surveys(clock, outbox)
    round_id = await opened(tx, clock, outbox)
    archive = await work.archive(tx, HERE, round_id)
    data = edited(
        archive,
        (SAPPORO, "", "はい"),
        (12025, "", "はい"),
        (OTHER_TOWN, "", "はい"),
        (SAPPORO, "", "はい"),
        ("012033", "", "たぶん", "七", "令和8年13月1日"),
        ("012041", "", None, "=1+1"),
    )
    upload = await work.take(tx, HERE, round_id, data, name="回答.xlsx", actor=OFFICER)
    taken = await work.preview(tx, HERE, round_id, upload)
    found = {(wrong.cell, bool(wrong.repair)) for _, wrong in taken.faults}
    assert found == {
        ("A7", True),
        ("A8", False),
        ("A9", False),
        ("C10", False),
        ("D10", False),
        ("E10", False),
        ("C11", False),
        ("D11", False),
    }
    assert all(wrong.why and wrong.remedy for _, wrong in taken.faults)
    back = load_workbook(io.BytesIO(await work.marked(tx, HERE, round_id, upload)))["回答"]
    marks = [row[-1] for row in back.iter_rows(min_row=6, values_only=True)]
    assert len(marks) == 5
    assert "月" in str(marks[3])
    rows = [one.row for one in taken.rows]
    assert await work.apply(tx, HERE, round_id, upload, repaired=rows, actor=OFFICER) == 2
    assert (await surveys.answers(tx, "01", round_id)).keys() == {SAPPORO, HAKODATE}


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"x", "a.xlsx"), (b"x", "a.zip"), (b"PK\x05\x06" + b"\0" * 18, "a.zip")],
)
async def test_a_file_that_is_none_is_refused_whole(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox, data: bytes, name: str
) -> None:
    round_id = await opened(prefecture_tx, clock, outbox)
    with pytest.raises(WorkbookRefusedError):
        await Surveys(clock, outbox).take(
            prefecture_tx, HERE, round_id, data, name=name, actor=OFFICER
        )


async def test_a_broken_file_of_an_archive_does_not_stop_the_others(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Surveys(clock, outbox)
    round_id = await opened(tx, clock, outbox)
    good = filled(await work.archive(tx, HERE, round_id), [SAPPORO])
    target = io.BytesIO(good)
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr("壊れた.xlsx", b"x")
    upload = await work.take(tx, HERE, round_id, target.getvalue(), name="x.ZIP", actor=OFFICER)
    taken = await work.preview(tx, HERE, round_id, upload)
    assert taken.right == 1
    ((_, wrong),) = taken.faults
    assert wrong.cell == "壊れた.xlsx"


async def test_a_correction_keeps_the_earlier_publication_with_its_reason(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = prefecture_tx, Surveys(clock, outbox)
    round_id = await opened(tx, clock, outbox)
    town = Receiving(clock, outbox)
    here = Party.prefecture("01")
    await town.answers(
        tx,
        [received(answer(SAPPORO, round_id), origin=Party.town(SAPPORO), receiver=here)],
    )
    await work.close(tx, HERE, round_id, actor=OFFICER)
    assert await work.publish(tx, HERE, round_id, reason="", actor=OFFICER) == 1
    with pytest.raises(RoundStateError):
        await work.publish(tx, HERE, round_id, reason=" ", actor=OFFICER)
    late = answer(SAPPORO, round_id, revision=2, answers={"csirt": "いいえ"}, reason="誤記")
    await town.answers(tx, [received(late, origin=Party.town(SAPPORO), receiver=here)])
    reason = "札幌市の訂正"
    assert await work.publish(tx, HERE, round_id, reason=reason, actor=OFFICER) == 2
    newest, oldest = await surveys.publications(tx, "01", round_id)
    assert (newest.reason, newest.current, oldest.current) == (reason, True, False)
    assert '"はい": 1' in oldest.content
    assert '"いいえ": 1' in newest.content
    assert '"wish"' not in newest.content.replace('"key": "wish"', "")


def test_the_files_of_1788_bodies_are_made_in_seconds(clock: FixedClock) -> None:
    found = surveys.Round(
        round_id=uuid4(),
        title="調査",
        purpose="",
        form=written(form()),
        as_of=clock.today(),
        due_on=clock.today(),
        denominator="",
        state="open",
        made_at=clock.now(),
        opened_at=None,
        closed_at=None,
        asked=0,
        answered=0,
    )
    rows = [(one, {"csirt": "はい", "wish": "<&>"}) for one in THE_MINISTRY.fixed]
    began = time.process_time()
    made = sheets.archive(found, form(), rows)
    assert time.process_time() - began < 10
    among = {one.code: one for one in THE_MINISTRY.fixed}
    files = files_of(made, "a.zip")
    assert len(files) == 1788
    taken = sheets.preview(files[:3], form(), among)
    assert taken.right == 3
    assert taken.rows[0].values == {"csirt": "はい", "wish": "<&>"}


# --- a body's inbox ----------------------------------------------------------------


def request(code: str = TOWN, **changes: object) -> S10:
    values: dict[str, object] = {
        "notice_id": UUID(int=1),
        "body": code,
        "sort": "survey",
        "subject": "体制の調査",
        "text": "回答してください。",
        "due_on": date(2026, 12, 15),
        "round_id": UUID(int=2),
        "form": written(form()),
        "sent_at": answer(code, UUID(int=2)).answered_at,
    }
    return S10(**(values | changes))  # type: ignore[arg-type]


async def arrive(tx: Tx, clock: FixedClock, outbox: Outbox, message: S10, **ends: Party) -> None:
    origin, receiver = ends.get("origin", MINISTRY), ends.get("receiver", Party.town(TOWN))
    await Receiving(clock, outbox).requests(
        tx, [received(message, origin=origin, receiver=receiver)]
    )


async def test_a_body_drafts_answers_and_corrects_with_a_reason(
    town_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = town_tx, Inbox(clock, outbox)
    await arrive(tx, clock, outbox, request())
    (listed,) = await notices.notices(tx, TOWN)
    assert (listed.read_at, listed.answered) == (None, 0)
    opened = await work.open(tx, TOWN, listed.notice_id, actor=OFFICER)
    assert opened.form == form()
    await work.keep(tx, TOWN, listed.notice_id, {"staff": "まだ", "x": "1"}, actor=OFFICER)
    opened = await work.open(tx, TOWN, listed.notice_id, actor=OFFICER)
    assert (dict(opened.answers), opened.drafted) == ({"staff": "まだ"}, True)

    async def reply(answers: dict[str, str], reason: str = "") -> int:
        return await work.answer(tx, TOWN, listed.notice_id, answers, reason=reason, actor=OFFICER)

    with pytest.raises(BadAnswerError) as refusal:
        await reply({"staff": "まだ"})
    assert refusal.value.facts["faults"].keys() == {"csirt", "staff"}  # type: ignore[attr-defined]
    assert await reply({"csirt": "はい"}) == 1
    with pytest.raises(BadAnswerError):
        await reply({"csirt": "いいえ"})
    assert await reply({"csirt": "いいえ"}, "誤記のため") == 2
    assert await sent(tx) == [("prefecture-01", "S11")] * 2
    opened = await work.open(tx, TOWN, listed.notice_id, actor=OFFICER)
    assert [one.answers["csirt"] for one in opened.sent] == ["いいえ", "はい"]
    assert not opened.drafted
    assert opened.notice.read_at == clock.now()
    with pytest.raises(UnknownDocumentError):
        await work.open(tx, TOWN, uuid4(), actor=OFFICER)


async def test_a_bodys_file_fills_the_draft_and_another_bodys_row_is_refused(
    town_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, work = town_tx, Inbox(clock, outbox)
    await arrive(tx, clock, outbox, request())
    (listed,) = await notices.notices(tx, TOWN)
    data = await work.sheet(tx, TOWN, listed.notice_id)
    book = load_workbook(io.BytesIO(data))
    page = book["回答"]
    row = next(cells for cells in page.iter_rows() if cells[0].value == TOWN)
    row[2].value = "はい"

    async def take() -> list[str]:
        target = io.BytesIO()
        book.save(target)
        found = await work.take(tx, TOWN, listed.notice_id, target.getvalue(), actor=OFFICER)
        return [wrong.why for _, wrong in found.faults]

    assert await take() == []
    assert await notices.draft(tx, TOWN, UUID(int=2)) == {"csirt": "はい"}
    row[0].value = OTHER_TOWN
    assert await take() == ["ほかの団体の行です。ほかの団体に代わって回答することはできません"]


@pytest.mark.parametrize(
    ("message", "origin"),
    [
        (request(OTHER_TOWN), MINISTRY),
        (request(), Party.town(OTHER_TOWN)),
        (request(), Party.prefecture("13")),
    ],
)
async def test_a_request_from_elsewhere_is_refused(
    town_tx: Tx, clock: FixedClock, outbox: Outbox, message: S10, origin: Party
) -> None:
    with pytest.raises(NotYourBodyError):
        await arrive(town_tx, clock, outbox, message, origin=origin)


async def test_a_prefecture_is_asked_as_a_body_of_its_own(
    prefecture_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx, code, here = prefecture_tx, "010006", Party.prefecture("01")
    await arrive(tx, clock, outbox, request(code), receiver=here)
    (listed,) = await notices.notices(tx, code)
    await Inbox(clock, outbox).answer(
        tx, code, listed.notice_id, {"csirt": "はい"}, reason="", actor=OFFICER
    )
    assert await sent(tx) == [("ministry", "S11")]
    assert body(code).party == here
    assert policy(code).body == code


async def test_what_waits_stands_on_the_officers_first_page(
    town_tx: Tx, clock: FixedClock, outbox: Outbox
) -> None:
    tx = town_tx
    await arrive(tx, clock, outbox, request())
    reminder = request(notice_id=UUID(int=5), sort="reminder", round_id=None, form="")
    await arrive(tx, clock, outbox, reminder)
    found = await todos(tx, body(TOWN), date(2026, 12, 16))
    assert {(one.late, one.label[:2]) for one in found} == {(False, "督促"), (True, "調査")}
    work = Inbox(clock, outbox)
    await work.open(tx, TOWN, UUID(int=5), actor=OFFICER)
    await work.answer(tx, TOWN, UUID(int=1), {"csirt": "はい"}, reason="", actor=OFFICER)
    assert await todos(tx, body(TOWN), date(2026, 12, 16)) == []
