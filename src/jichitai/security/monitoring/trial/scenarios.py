"""Logs of attacks, of the same attacks done slowly, and of ordinary work that looks like them.

Everything is synthetic: names, addresses (RFC 5737 and private ones) and times. A scenario is written
in the formats of real devices, so that the whole way from the line to the alert is tried.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jichitai.kernel.dates import JST
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat

BEFORE: Final = timedelta(hours=13)
"""The longest story begins so long before the instant it is told for."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Lines of one source."""

    function: Function
    area: Area
    format: LogFormat
    data: bytes


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story in logs.

    Attributes:
        key: its short name.
        title: for the table.
        expected: names of the rule files that must alert; none for harmless ones.
        feeds: the logs.
    """

    key: str
    title: str
    expected: frozenset[str]
    feeds: tuple[Feed, ...]

    @property
    def attack(self) -> bool:
        """Whether something must be found."""
        return bool(self.expected)


def scenarios(at: datetime) -> tuple[Scenario, ...]:
    """All stories, told so that they end at an instant.

    Args:
        at: aware; the last line is not later.

    Source: our own stories; the attack techniques are those that the rules name.
    """
    return tuple(tell(at - BEFORE) for tell in _STORIES)


def scenario(key: str, at: datetime) -> Scenario:
    """One story.

    Raises:
        KeyError: there is none of this name.

    Source: our own stories.
    """
    return {one.key: one for one in scenarios(at)}[key]


def _json(start: datetime, rows: Iterable[tuple[float, Mapping[str, Any]]]) -> bytes:
    lines = (
        json.dumps({"time": _at(start, after).isoformat(), **row}, ensure_ascii=False)
        for after, row in sorted(rows, key=lambda one: one[0])
    )
    return ("\n".join(lines) + "\n").encode()


def _syslog(start: datetime, rows: Iterable[tuple[float, str]], host: str) -> bytes:
    lines = (
        f"<38>1 {_at(start, after).isoformat()} {host} {text}"
        for after, text in sorted(rows, key=lambda one: one[0])
    )
    return ("\n".join(lines) + "\n").encode()


def _at(start: datetime, after: float) -> datetime:
    return (start + timedelta(seconds=after)).astimezone(JST)


def _endpoint(start: datetime, rows: Iterable[tuple[float, Mapping[str, Any]]]) -> Feed:
    return Feed(Function.ENDPOINT, Area.LGWAN, LogFormat.JSON, _json(start, rows))


def _server(start: datetime, rows: Iterable[tuple[float, str]]) -> Feed:
    return Feed(Function.SERVER, Area.INTERNET, LogFormat.SYSLOG, _syslog(start, rows, "gw-01"))


def _renames(
    first: float, count: int, every: float, name: str
) -> list[tuple[float, Mapping[str, Any]]]:
    return [
        (
            first + n * every,
            {
                "category": "file",
                "activity": "rename",
                "file_name": name.format(n=n),
                "host": "fs-01",
                "user": "staff07",
            },
        )
        for n in range(count)
    ]


def _run(after: float, command: str) -> tuple[float, Mapping[str, Any]]:
    return after, {"category": "process", "process": command, "host": "fs-01", "user": "staff07"}


def _refused(after: float, user: str, address: str) -> tuple[float, str]:
    text = f"sshd 4711 - - Failed password for {user} from {address} port 50122 ssh2"
    return after, text


def _let_in(after: float, user: str, address: str) -> tuple[float, str]:
    return after, f"sshd 4711 - - Accepted password for {user} from {address} port 50122 ssh2"


def _ransomware(start: datetime) -> Scenario:
    rows = [
        _run(0, 'net stop "Backup Agent" /y'),
        _run(40, "vssadmin.exe Delete Shadows /All /Quiet"),
        *_renames(300, 600, 0.2, "D:\\share\\総務課\\{n}.xlsx.locked"),
        (
            430.0,
            {
                "category": "file",
                "activity": "create",
                "file_name": "D:\\share\\HOW_TO_DECRYPT_FILES.txt",
                "host": "fs-01",
                "user": "staff07",
            },
        ),
    ]
    found = frozenset({"shadow_copy_deletion", "mass_rename", "ransomware_course", "ransom_note"})
    return Scenario("ransomware", "ランサムウェア", found, (_endpoint(start, rows),))


def _ransomware_slow(start: datetime) -> Scenario:
    rows = [
        _run(0, 'net stop "Backup Agent" /y'),
        *_renames(7200, 600, 40, "D:\\share\\総務課\\{n}.xlsx.locked"),
    ]
    title = "同じ数の変更を7時間かけて（ゆっくり）"
    return Scenario("ransomware-slow", title, frozenset(), (_endpoint(start, rows),))


def _ransomware_harmless(start: datetime) -> Scenario:
    rows = [
        _run(0, "vssadmin list shadows"),
        _run(60, 'wbadmin start backup -backupTarget:E: -include:"D:"'),
        *_renames(120, 150, 1, "D:\\share\\年度末整理\\{n}.xlsx"),
        *(
            (
                600 + n * 0.1,
                {"category": "file", "activity": "create", "file_name": f"E:\\控え\\{n}.xlsx"},
            )
            for n in range(900)
        ),
    ]
    title = "控えの取得と年度末の整理（ふつうの仕事）"
    return Scenario("ransomware-harmless", title, frozenset(), (_endpoint(start, rows),))


def _brute_force(start: datetime) -> Scenario:
    rows = [_refused(n * 15, "invalid user admin", "203.0.113.45") for n in range(12)]
    rows.append(_let_in(230, "admin", "203.0.113.45"))
    found = frozenset({"brute_force", "brute_force_success"})
    return Scenario("brute-force", "サインインの総当たりと成功", found, (_server(start, rows),))


def _brute_force_slow(start: datetime) -> Scenario:
    rows = [_refused(n * 3600, "admin", "203.0.113.46") for n in range(12)]
    rows.append(_let_in(12 * 3600, "admin", "203.0.113.46"))
    title = "同じ12回を12時間かけて（ゆっくり）"
    return Scenario("brute-force-slow", title, frozenset(), (_server(start, rows),))


def _brute_force_harmless(start: datetime) -> Scenario:
    rows: list[tuple[float, str]] = []
    for n in range(40):
        address, user = f"10.20.1.{n + 10}", f"staff{n:02}"
        rows += [_refused(n * 7, user, address) for _ in range(n % 3)]
        rows.append(_let_in(n * 7 + 20, user, address))
    title = "朝のサインインの打ち間違い（ふつうの仕事）"
    return Scenario("brute-force-harmless", title, frozenset(), (_server(start, rows),))


def _spray(start: datetime) -> Scenario:
    rows = [_refused(n * 24, f"staff{n:02}", "198.51.100.23") for n in range(22)]
    found = frozenset({"password_spray", "brute_force"})
    return Scenario("spray", "多くの利用者への少しずつの試し", found, (_server(start, rows),))


def _tunnel(start: datetime, *, every: float, name: str) -> Feed:
    head = "#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\trcode_name\n"
    lines = (
        f"{_at(start, n * every).timestamp():.6f}\tC{n}\t10.20.3.9\t5353\t10.20.0.53\t53\t"
        f"{name.format(n=n)}\tNOERROR"
        for n in range(90)
    )
    data = (head + "\n".join(lines) + "\n").encode()
    return Feed(Function.DNS, Area.INTERNET, LogFormat.ZEEK, data)


def _dns_tunnel(start: datetime) -> Scenario:
    feed = _tunnel(start, every=4, name="6a69636869746169646174613031323{n:03}.t.example.net")
    return Scenario("dns-tunnel", "名前解決に隠した通信", frozenset({"dns_tunnel"}), (feed,))


def _dns_harmless(start: datetime) -> Scenario:
    feed = _tunnel(start, every=4, name="d111111abcdef8cdn-assets-static-content.example.net")
    title = "配信サービスへの長い名前の問い合わせ（ふつうの仕事）"
    return Scenario("dns-harmless", title, frozenset(), (feed,))


def _leak(start: datetime) -> Scenario:
    rows = [
        (n * 30.0, "fw 1 - - action=accept src=10.9.8.7 dst=203.0.113.200 dpt=443 sentbyte=5120")
        for n in range(5)
    ]
    data = _syslog(start, rows, "lfw-01")
    feed = Feed(Function.LGWAN_FIREWALL, Area.LGWAN, LogFormat.SYSLOG, data)
    title = "LGWAN接続系からインターネットへの通信"
    return Scenario("leak", title, frozenset({"lgwan_to_internet"}), (feed,))


def _leak_stopped(start: datetime) -> Scenario:
    rows = [
        (n * 30.0, "fw 1 - - action=deny src=10.9.8.7 dst=203.0.113.200 dpt=443") for n in range(5)
    ]
    rows += [
        (n * 9.0, "fw 1 - - action=accept src=10.9.8.7 dst=172.16.4.4 dpt=445") for n in range(60)
    ]
    feed = Feed(
        Function.LGWAN_FIREWALL, Area.LGWAN, LogFormat.SYSLOG, _syslog(start, rows, "lfw-01")
    )
    title = "止めた通信と庁内の通信（ふつうの仕事）"
    return Scenario("leak-harmless", title, frozenset(), (feed,))


def _download(start: datetime) -> Scenario:
    lines = _browsing(start, 40)
    lines.append(
        f"{_at(start, 500).timestamp():.3f} 812 10.20.5.5 TCP_MISS/200 482110 GET"
        " http://203.0.113.77/up/viewer.exe staff31 HIER_DIRECT/203.0.113.77 application/octet-stream"
    )
    feed = Feed(Function.PROXY, Area.INTERNET, LogFormat.SQUID, ("\n".join(lines) + "\n").encode())
    title = "アドレス直書きの相手からのプログラム"
    return Scenario("download", title, frozenset({"program_from_address"}), (feed,))


def _ordinary(start: datetime) -> Scenario:
    lines = _browsing(start, 3_000)
    squid = Feed(Function.PROXY, Area.INTERNET, LogFormat.SQUID, ("\n".join(lines) + "\n").encode())
    eve = "\n".join(
        json.dumps(
            {
                "timestamp": _at(start, n * 20).isoformat(),
                "event_type": "alert" if n % 100 == 0 else "flow",
                "src_ip": f"10.20.{n % 8}.{n % 200}",
                "dest_ip": "93.184.216.34",
                "dest_port": 443,
                "alert": {"signature": "POLICY update", "severity": 3, "action": "allowed"},
            }
        )
        for n in range(1_000)
    )
    ids = Feed(Function.IPS, Area.INTERNET, LogFormat.SURICATA, (eve + "\n").encode())
    title = "閲覧と機器の記録 4,000行（ふつうの仕事）"
    return Scenario("ordinary", title, frozenset(), (squid, ids))


def _browsing(start: datetime, count: int) -> list[str]:
    return [
        f"{_at(start, n * 6).timestamp():.3f} {n % 700} 10.20.{n % 8}.{n % 200}"
        f" TCP_MISS/{404 if n % 50 == 0 else 200} {n * 37 % 90_000} GET"
        f" http://www.example{n % 60}.jp/pages/{n}.html staff{n % 90:02}"
        " HIER_DIRECT/93.184.216.34 text/html"
        for n in range(count)
    ]


_STORIES: Final[tuple[Callable[[datetime], Scenario], ...]] = (
    _ransomware,
    _ransomware_slow,
    _ransomware_harmless,
    _brute_force,
    _brute_force_slow,
    _brute_force_harmless,
    _spray,
    _dns_tunnel,
    _dns_harmless,
    _leak,
    _leak_stopped,
    _download,
    _ordinary,
)
