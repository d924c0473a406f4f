"""Log formats: what each becomes, and that nothing a device sends stops the intake."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.security.monitoring.formats.lines import split
from jichitai.security.monitoring.lake import Connection
from jichitai.security.monitoring.model.sources import LogFormat
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.service.keeping import CROWDED, Keeping
from jichitai.security.monitoring.store import batches, sources
from jichitai.security.monitoring.syslog import EVERYBODY, Framing, SyslogListener
from tests.security.monitoring_builders import (
    BODY,
    NOW,
    OTHER_BODY,
    PREFECTURE,
    engine,
    json_lines,
    read,
    source,
)

TEN = datetime(2026, 11, 20, 1, 0)  # noqa: DTZ001  # 10:00 in Japan, in columns without a zone
EPOCH = NOW.timestamp()
ZEEK = "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tconn_state\n"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with engine(tmp_path_factory.mktemp("logs")) as found:
        yield found


def only(connection: Connection, line: str, form: LogFormat) -> dict[str, Any]:
    outcome, events = read(connection, line.encode(), form)
    assert outcome.refused == {}
    (event,) = events
    return event


def test_squid(connection: Connection) -> None:
    line = (
        f"{EPOCH:.3f}   5 10.1.2.3 TCP_MISS/200 512 GET http://u:p@Www.Example.jp:8080/a staff01"
        " HIER_DIRECT/192.0.2.1 text/html"
    )
    event = only(connection, line, LogFormat.SQUID)
    assert event["time"] == TEN
    assert (event["host"], event["user"], event["dst"]) == (
        "www.example.jp",
        "staff01",
        "192.0.2.1",
    )
    assert (event["class_uid"], event["status_code"], event["bytes_in"]) == (4002, 200, 512)
    assert (event["body_code"], event["area"], event["raw"]) == (BODY, "INT", line)
    denied = f"<13>Nov 20 10:00:00 px squid: {EPOCH:.3f} 1 10.1.1.1 TCP_DENIED/403 0 CONNECT"
    event = only(connection, denied + " evil.example:443 - HIER_NONE/- -", LogFormat.SQUID)
    assert (event["host"], event["dst_port"], event["outcome"]) == ("evil.example", 443, "blocked")


def test_suricata_zeek_and_ocsf(connection: Connection) -> None:
    alert = (
        '{"timestamp":"2026-11-20T10:00:00.000000+0900","event_type":"alert","src_ip":"10.0.0.1",'
        '"dest_port":443,"alert":{"signature":"C2","severity":1,"action":"blocked"}}'
    )
    event = only(connection, alert, LogFormat.SURICATA)
    assert (event["class_uid"], event["severity"], event["outcome"]) == (2004, 4, "blocked")
    assert only(connection, f"<13>1 x y {alert}", LogFormat.SURICATA)["signature"] == "C2"
    query = f'{{"ts":{EPOCH},"id.orig_h":"10.0.0.1","query":"A.Example","rcode_name":"NXDOMAIN"}}'
    event = only(connection, query, LogFormat.ZEEK_JSON)
    assert (event["class_uid"], event["query"], event["outcome"]) == (4003, "a.example", "failure")
    ocsf = f'{{"class_uid":3002,"time":{EPOCH * 1000:.0f},"status_id":2,"user":{{"name":"u"}}}}'
    event = only(connection, ocsf, LogFormat.OCSF)
    assert (event["time"], event["user"], event["outcome"]) == (TEN, "u", "failure")


def test_tables_of_zeek_go_on_under_the_heading_of_the_last_batch(connection: Connection) -> None:
    row = f"{EPOCH}\t10.0.0.1\t10.0.0.2\t445\tREJ\n"
    outcome, events = read(connection, (ZEEK + row).encode(), LogFormat.ZEEK)
    assert (events[0]["dst_port"], events[0]["outcome"]) == (445, "failure")
    later, events = read(connection, row.encode(), LogFormat.ZEEK, heading=outcome.heading)
    assert len(events) == 1
    assert later.refused == {}
    lost, events = read(connection, row.encode(), LogFormat.ZEEK)
    assert events == []
    assert lost.refused == {"no-header": 1}


def test_syslog_old_and_new(connection: Connection) -> None:
    failed = "<38>Nov 20 10:00:00 gw sshd[7]: Failed password for invalid user admin from 203.0.113.9 port 22"
    event = only(connection, failed, LogFormat.SYSLOG)
    assert (event["time"], event["user"], event["src"]) == (TEN, "admin", "203.0.113.9")
    assert (event["class_uid"], event["outcome"]) == (3002, "failure")
    wall = '<134>1 2026-11-20T10:00:00+09:00 fw fw - - - action=deny src=10.1.1.1 dst="192.0.2.5" dpt=53'
    event = only(connection, wall, LogFormat.SYSLOG)
    assert (event["class_uid"], event["dst"], event["dst_port"]) == (4001, "192.0.2.5", 53)
    assert event["outcome"] == "blocked"
    other = only(connection, "<11>1 2026-11-20T01:00:00Z h app - - - こわれた", LogFormat.SYSLOG)
    assert (other["class_uid"], other["severity"], other["message"]) == (0, 4, "こわれた")
    december = only(connection, "<11>Dec 31 23:00:00 h app: 去年", LogFormat.SYSLOG)
    assert (december["time"].year, december["marks"]) == (2025, "late")


def test_a_clock_that_is_wrong_is_marked_and_the_line_kept(connection: Connection) -> None:
    times = ["2026-11-20T10:04:00+09:00", "2026-11-20T10:06:00+09:00", "2026-11-18T10:00:00+09:00",
             "gestern", "1970-01-01T00:00:00Z"]  # fmt: skip
    data = json_lines(*({"time": one, "category": "dns"} for one in times))
    outcome, events = read(connection, data, LogFormat.JSON)
    assert [one.get("marks", "") for one in events] == [
        "",
        "clock-ahead",
        "late",
        "no-time",
        "no-time",
    ]
    assert events[1]["time"] == TEN
    assert events[1]["claimed_time"] > TEN
    assert outcome.marks == {"clock-ahead": 1, "late": 1, "no-time": 2}


def test_lines_that_cannot_be_read_are_set_aside(connection: Connection) -> None:
    data = (
        b"\xff\xfe{\n[1]\n{bad\n"
        + b"y" * 10_000_000
        + b"\n"
        + json_lines({"body_code": OTHER_BODY})
    )
    data += b'{"time":"2026-11-20T10:00:00+09:00","user":"\xff\x00"}\n'
    outcome, events = read(connection, data, LogFormat.JSON)
    assert outcome.refused == {"unreadable": 3, "too-long": 1, "other-body": 1}
    assert len(events) == 0 or events[0]["marks"] == "broken-utf8"
    assert outcome.lines == 6
    heads = connection.execute("select max(length(head)) from refused").fetchone()
    assert heads == (200,)


ANY = st.binary(max_size=200)
WRITTEN = st.sampled_from(
    [b'{"time":1,"user":{"name":5},"url":[1]}', b"<13>1 - - - - - - x", ZEEK.encode(), b"{}",
     b'{"class_uid":"x"}', b'{"class_uid":99999999999}', b"1.5 1 a b/ 1 G h i j", b"#fields\t", b"<>"]
)  # fmt: skip


@settings(max_examples=15)
@given(form=st.sampled_from(list(LogFormat)), parts=st.lists(st.one_of(ANY, WRITTEN), max_size=6))
def test_nothing_that_is_sent_stops_the_reading(
    connection: Connection, form: LogFormat, parts: list[bytes]
) -> None:
    data = b"\n".join(parts)
    outcome, events = read(connection, data, form)
    assert outcome.events == len(events)
    assert outcome.events + outcome.refused.total() == outcome.lines


@given(lines=st.lists(st.binary(max_size=30)), cuts=st.lists(st.integers(1, 20), max_size=30))
def test_framing_gives_the_same_lines_whatever_the_pieces(
    lines: list[bytes], cuts: list[int]
) -> None:
    clean = [b"<13>" + line.replace(b"\n", b"") for line in lines]
    stream = b"".join(
        b"%d %s" % (len(line), line) if n % 2 else line + b"\n" for n, line in enumerate(clean)
    )
    framing, found, start = Framing(), b"", 0
    for cut in [*cuts, len(stream) + 1]:
        found += framing.take(stream[start : start + cut])
        start += cut
    assert found + framing.end() == b"".join(line + b"\n" for line in clean)


def test_a_line_without_an_end_is_cut() -> None:
    framing = Framing()
    found = b"".join(framing.take(b"z" * 65_536) for _ in range(160))
    assert 131_072 < len(found) < 300_000
    assert framing.take(b"tail\n<13>next\n") == b"<13>next\n"
    assert [one.reason for one in split(found).refused] == ["too-long"]


async def test_syslog_over_tcp_is_kept_for_its_sender_and_strangers_are_counted(
    prefecture_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    intake = Intake(prefecture_database, clock, tmp_path)
    listener = SyslogListener(intake, "127.0.0.1", 0)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def say(data: bytes) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        writer.close()
        await writer.wait_closed()

    async def until(question: str) -> Any:
        for _ in range(200):
            async with prefecture_database.transaction(all_towns=True) as tx:
                row = await (await tx.execute(question)).fetchone()
            if row is not None:
                return row
            await asyncio.sleep(0.05)
        raise AssertionError(question)

    async with server:
        await say(b"<13>Nov 20 10:00:00 h a: stranger\n")
        stranger = await until(
            "select host(address), lines, prefecture from security.monitoring_stranger"
        )
        assert stranger == ("127.0.0.1", 1, EVERYBODY)
        known = source(LogFormat.SYSLOG, address="127.0.0.1/32")
        async with prefecture_database.transaction() as tx:
            await sources.insert(tx, known, by="test")
        await say(b"<13>Nov 20 10:00:00 h a: one\n28 <13>Nov 20 10:00:00 h a: two")
        waiting = await until(
            "select transport from security.monitoring_batch where state = 'waiting'"
        )
        assert waiting == ("syslog",)
    assert await intake.read_waiting()
    async with prefecture_database.transaction() as tx:
        found = await batches.latest(tx, PREFECTURE)
        assert sum(one.events for one in found) == 2
    await _kept_together(intake, known)


async def _kept_together(intake: Intake, known: Any) -> None:
    """Many small files become one, old days go, leftovers are swept; nothing is lost before."""
    keeping = Keeping(intake)
    for n in range(CROWDED + 1):
        async with intake.database.transaction() as tx:
            await intake.accept(tx, known, b"<13>Nov 20 09:%02d:00 h a: x\n" % n, transport="http")
        assert await intake.read_waiting()
    async with intake.database.transaction() as tx:
        new = await batches.unscanned(tx, PREFECTURE, 100)
        await batches.mark_scanned(tx, PREFECTURE, [one.file_no for one in new], NOW)
    assert await keeping.compact()
    assert not await keeping.compact()
    async with intake.database.transaction() as tx:
        (file,) = await batches.between(tx, PREFECTURE, NOW.replace(hour=0), NOW)
    assert file.rows == CROWDED + 3
    folder = intake.lake(PREFECTURE).folder
    assert [one.name for one in folder.rglob("*.parquet")] == [Path(file.path).name]
    left = folder / "events" / "left.half"
    left.write_bytes(b"x")
    assert await keeping.sweep(PREFECTURE, left.stat().st_mtime + 7200) == 1
    clock = intake.clock
    assert isinstance(clock, FixedClock)
    clock.instant = clock.instant.replace(year=2028)
    await keeping.expire()
    assert list(folder.rglob("*.parquet")) == []
