"""The register of systems and networks: use cases on tables, the workbook, and who sees it."""

import io
from datetime import date
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from jichitai.infra.audit import Actor
from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Tx
from jichitai.security.assets import sheet, store
from jichitai.security.assets.diagram import draw
from jichitai.security.assets.errors import AssetInUseError, AssetRefusedError
from jichitai.security.assets.layout import Box, arrange
from jichitai.security.assets.model.kinds import Area, Form, Route, Sanitising, SegmentUse
from jichitai.security.assets.rules.checking import check
from jichitai.security.assets.service import Assets
from jichitai.security.assets.uploads import import_systems
from jichitai.security.errors import StaleEditError, UnknownDocumentError
from jichitai.security.guideline.model import NetworkModel
from tests.conftest import OTHER_TOWN, TOWN
from tests.security.assets_builders import (
    end,
    link,
    link_draft,
    model,
    picture,
    segment,
    segment_draft,
    system,
    system_draft,
)

OFFICER = Actor("staff", "a-1", "情報 太郎", frozenset({"security-officer"}))


@pytest.fixture
def assets(clock: FixedClock) -> Assets:
    return Assets(clock)


async def test_a_system_is_entered_changed_and_retired_with_its_history(
    town_tx: Tx, assets: Assets
) -> None:
    first = await assets.enter_system(town_tx, TOWN, system_draft(), by=OFFICER)
    second = await assets.enter_system(town_tx, TOWN, system_draft("税務"), by=OFFICER)
    assert (first.number, second.number) == (1, 2)
    better = system_draft("住民記録システム", started_on=date(2026, 1, 4))
    changed = await assets.change_system(town_tx, TOWN, first.id, 1, better, by=OFFICER)
    assert changed.revision == 2
    assert next(one.draft for one in await store.systems(town_tx, TOWN)) == better
    with pytest.raises(StaleEditError):
        await assets.change_system(town_tx, TOWN, first.id, 1, better, by=OFFICER)
    await assets.retire_system(town_tx, TOWN, first.id, 2, by=OFFICER)
    assert [one.number for one in await store.systems(town_tx, TOWN)] == [2]
    assert (await assets.system(town_tx, TOWN, first.id)).retired_on == date(2026, 11, 20)
    deeds = [one.deed for one in await store.history(town_tx, TOWN, ref=first.id)]
    assert deeds == ["retire", "change", "enter"]
    actions = await (
        await town_tx.execute("select action, facts->>'deed' from infra.audit order by recorded_at")
    ).fetchall()
    assert ("security.asset.change", "retire") in actions


async def test_nothing_of_another_body_is_there(town_tx: Tx, assets: Assets) -> None:
    mine = await assets.enter_system(town_tx, TOWN, system_draft(), by=OFFICER)
    assert await store.systems(town_tx, OTHER_TOWN) == []
    with pytest.raises(UnknownDocumentError):
        await assets.system(town_tx, OTHER_TOWN, mine.id)
    with pytest.raises(UnknownDocumentError):
        await assets.change_system(town_tx, OTHER_TOWN, mine.id, 1, mine.draft, by=OFFICER)


async def test_what_others_stand_on_cannot_be_taken_away(town_tx: Tx, assets: Assets) -> None:
    servers = await assets.enter_segment(
        town_tx, TOWN, segment_draft("サーバ", Area.MYNUMBER, SegmentUse.SERVERS), by=OFFICER
    )
    juki = await assets.enter_system(town_tx, TOWN, system_draft(segment_id=servers.id), by=OFFICER)
    with pytest.raises(AssetInUseError, match="住民記録"):
        await assets.remove_segment(town_tx, TOWN, servers.id, 1, by=OFFICER)
    moved = segment_draft("サーバ", Area.LGWAN, SegmentUse.SERVERS)
    with pytest.raises(AssetInUseError, match="領域"):
        await assets.change_segment(town_tx, TOWN, servers.id, 1, moved, by=OFFICER)
    draft = link_draft(end(juki), end("juki-net"))
    joined = await assets.enter_link(town_tx, TOWN, draft, by=OFFICER)
    with pytest.raises(AssetInUseError, match="L1"):
        await assets.retire_system(town_tx, TOWN, juki.id, 1, by=OFFICER)
    await assets.remove_link(town_tx, TOWN, joined.id, 1, by=OFFICER)
    await assets.retire_system(town_tx, TOWN, juki.id, 1, by=OFFICER)
    await assets.remove_segment(town_tx, TOWN, servers.id, 1, by=OFFICER)
    assert await store.segments(town_tx, TOWN) == []


async def test_a_link_is_previewed_entered_and_found(town_tx: Tx, assets: Assets) -> None:
    juki = await assets.enter_system(town_tx, TOWN, system_draft(), by=OFFICER)
    office = await assets.enter_system(
        town_tx, TOWN, system_draft("グループウェア", Area.LGWAN), by=OFFICER
    )
    draft = link_draft(end(juki), end(office))
    assert [one.rule.code for one in await assets.preview(town_tx, TOWN, draft)] == ["N01"]
    assert (await assets.look(town_tx, TOWN)).findings == ()
    kept = await assets.enter_link(town_tx, TOWN, draft, by=OFFICER)
    looked = await assets.look(town_tx, TOWN)
    assert [(one.rule.code, one.link_id) for one in looked.findings] == [("N01", kept.id)]
    assert looked.violations == 1
    better = link_draft(end(office), end("lgwan"), route=Route.LGWAN)
    await assets.change_link(town_tx, TOWN, kept.id, 1, better, by=OFFICER)
    assert (await assets.look(town_tx, TOWN)).findings == ()
    with pytest.raises(AssetRefusedError):
        await assets.enter_link(town_tx, TOWN, link_draft(end(juki), end(uuid4())), by=OFFICER)


async def test_the_model_of_a_day_is_the_latest_said_for_it(town_tx: Tx, assets: Assets) -> None:
    for kind, since in (
        (NetworkModel.ALPHA, date(2020, 4, 1)),
        (NetworkModel.BETA, date(2027, 4, 1)),
        (NetworkModel.ALPHA_PRIME, date(2026, 4, 1)),
    ):
        await assets.say_model(town_tx, TOWN, model(kind, since=since), by=OFFICER)
    found = [
        await store.network_model(town_tx, TOWN, day)
        for day in (date(2019, 1, 1), date(2021, 1, 1), date(2026, 11, 20), date(2027, 5, 1))
    ]
    assert found == [None, NetworkModel.ALPHA, NetworkModel.ALPHA_PRIME, NetworkModel.BETA]
    assert len(await store.models(town_tx, TOWN)) == 3


SERVERS = segment("基幹サーバ", Area.MYNUMBER, use=SegmentUse.SERVERS)
SYSTEMS = [
    system(segment_id=SERVERS.id, vendor="例示", started_on=date(2026, 1, 4)),
    system("文書", Area.CLOUD, treated_as=Area.LGWAN, form=Form.CLOUD, cloud_name="例示クラウド"),
]


def edited(data: bytes, *cells: tuple[str, object]) -> bytes:
    book = load_workbook(io.BytesIO(data))
    for place, value in cells:
        book[sheet.SHEET][place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_comes_back_as_it_went_out() -> None:
    data = sheet.written(SYSTEMS, [SERVERS], office="例示町")
    upload = sheet.taken(data, SYSTEMS, [SERVERS])
    assert (upload.faults, upload.planned, upload.same) == ((), (), 2)


def test_a_filled_in_workbook_changes_and_adds_and_names_each_fault() -> None:
    data = sheet.written(SYSTEMS, [SERVERS], office="例示町")
    good = edited(
        data, ("B5", "住民記録（新）"), ("B7", "税務"), ("C7", "マイナンバー利用事務系"), ("F7", "扱う"),
        ("G7", "3B"), ("H7", "2"), ("I7", "2"), ("J7", "庁内"), ("Q7", "長"), ("S7", "R8.4.1"),
    )  # fmt: skip
    head = next(
        row[0].row
        for row in load_workbook(io.BytesIO(data))[sheet.SHEET].iter_rows()
        if row[0].value == "番号"
    )
    assert head == 4
    upload = sheet.taken(good, SYSTEMS, [SERVERS])
    assert upload.faults == ()
    assert [(one.row, one.system is None, one.draft.name) for one in upload.planned] == [
        (5, False, "住民記録（新）"),
        (7, True, "税務"),
    ]
    assert upload.planned[1].draft.started_on == date(2026, 4, 1)
    bad = edited(
        good, ("A5", 99_999), ("D6", None), ("E7", "ない区画"),
        ("B8", "文書"), ("C8", "火星"), ("S8", "令和8年13月"), ("G8", "=1+1"),
    )  # fmt: skip
    faults = {one.cell: one for one in sheet.taken(bad, SYSTEMS, [SERVERS]).faults}
    assert {"A5", "D6", "E7", "C8", "S8", "G8"} <= set(faults)
    assert all(one.why and one.remedy for one in faults.values())


async def test_a_workbook_with_a_fault_is_never_taken_over_in_part(
    town_tx: Tx, assets: Assets
) -> None:
    known = await assets.enter_system(town_tx, TOWN, system_draft(), by=OFFICER)
    data = sheet.written([known], [], office="例示町")
    renamed = edited(data, ("B5", "住民記録（新）"))
    broken = edited(renamed, ("B6", "名前だけ"))
    for content, commit in ((renamed, False), (broken, True)):
        _, wrote = await import_systems(town_tx, TOWN, content, assets, by=OFFICER, commit=commit)
        assert not wrote
    assert [one.draft.name for one in await store.systems(town_tx, TOWN)] == ["住民記録"]
    _, wrote = await import_systems(town_tx, TOWN, renamed, assets, by=OFFICER, commit=True)
    assert wrote
    assert [one.draft.name for one in await store.systems(town_tx, TOWN)] == ["住民記録（新）"]


def test_the_diagram_marks_what_breaks_a_rule_and_escapes_names() -> None:
    juki, office = system("<b>住民&記録</b>"), system("グループウェア", Area.LGWAN)
    web = system("ホームページ", Area.INTERNET)
    bad = link(juki, office)
    clean = link(office, web, sanitising=Sanitising.FILE)
    drawn_of = picture(juki, office, web, bad, clean)
    drawn = str(draw(drawn_of, check(drawn_of)))
    assert f"✕L{bad.number}" in drawn
    assert 'stroke="#ce0000"' in drawn
    assert "stroke-dasharray" in drawn
    assert "&lt;b&gt;住民&amp;記録" in drawn
    assert "<b>" not in drawn
    assert "style=" not in drawn
    assert "規則に合わない通信1件" in drawn


def test_no_box_and_no_label_stands_on_another() -> None:
    inside = [system(f"業務{n}", Area.MYNUMBER, segment_id=SERVERS.id) for n in range(4)]
    office = [system(f"事務{n}", Area.LGWAN) for n in range(5)]
    clouds = [
        system(f"雲{n}", Area.CLOUD, treated_as=Area.MYNUMBER, form=Form.CLOUD) for n in range(3)
    ]
    links = [
        *(link(one, other) for one in inside[:3] for other in office[:3]),
        *(link(inside[0], one, route=Route.DEDICATED) for one in clouds),
        *(link(one, partner) for one in office for partner in ("lgwan", "data-centre")),
        link(inside[1], "data-centre"),
    ]
    layout = arrange(picture(SERVERS, *inside, *office, *clouds, *links))
    boxes = [box for lane in layout.lanes for box in _leaves(lane.boxes)] + layout.outside
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = (
                one.right <= other.left
                or other.right <= one.left
                or one.top + one.height <= other.top
                or other.top + other.height <= one.top
            )
            assert apart, (one.name, other.name)
    assert len(layout.lines) == len(links)
    for line in layout.lines:
        for (x1, y1), (x2, y2) in zip(line.points, line.points[1:], strict=False):
            assert x1 == x2 or y1 == y2
            assert all(0 <= x <= layout.width for x in (x1, x2))
            assert all(0 <= y <= layout.height for y in (y1, y2))
            upright = x1 == x2
            crossed = [b for b in boxes if upright and b.left < x1 < b.right]
            assert all(not _between(b, y1, y2) for b in crossed)
    labels = [line.label for line in layout.lines]
    assert len(set(labels)) == len(labels)


def _leaves(boxes: list[Box]) -> list[Box]:
    return [leaf for box in boxes for leaf in (_leaves(box.inner) if box.inner else [box])]


def _between(box: Box, y1: float, y2: float) -> bool:
    low, high = sorted((y1, y2))
    return box.top < high and low < box.top + box.height
