"""The gallery: every macro in every state, as pages that only tests serve."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jinja2 import Environment

from jichitai.infra.transparency.checkpoint import VerifierKey
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import JukiCode
from jichitai.kernel.municipalities import prefectures
from jichitai.web import charts, components, maps
from jichitai.web.rendering import environment

SHEETS = (
    "nav",
    "buttons",
    "form",
    "messages",
    "table",
    "facts",
    "person",
    "figure",
    "map",
    "proof",
)

STATES = (
    components.Status("下書き"),
    components.Status("審査待ち", "blue"),
    components.Status("本登録", "green"),
    components.Status("要確認 2", "yellow"),
    components.Status("差し戻し", "orange"),
    components.Status("隔離", "red"),
    components.Status("切断", "purple"),
)

ERRORS = components.FieldErrors.of(
    {
        "case": "整理番号がありません。照会の記録に必要です。事務の整理番号を入力してください。",
        "reason": "理由がありません。記録に残ります。届書のどこを見たかを書いてください。",
        "moved_on": "転入日が未来の日付です。転入届は引越しの後に受け付けます。日付を直してください。",
        "kind": "種類が選ばれていません。届書の種類を選んでください。",
        "organ": "利用機関が見つかりません。一覧から選んでください。",
        "file": "ファイルが10 MBを超えています。分けて選んでください。",
    }
)


@cache
def gallery_environment() -> Environment:
    return environment([Path(__file__).parent / "gallery"])


def answer(path: str, query: Mapping[str, str]) -> str | None:
    """A sheet of the gallery, or None."""
    name = path.strip("/")
    if name == "fragment":
        return (
            '<div id="jc-progress"><progress max="10" value="10" aria-label="処理">10</progress>'
            "<p data-poll-done>終わりました</p></div>"
        )
    if name not in SHEETS:
        return None
    density = "public" if query.get("density") == "public" else "work"
    context = {"shell": _shell(density), **_common(), **_FILLERS.get(name, dict)()}
    if name == "form":
        context["errors"] = ERRORS if query.get("state") == "error" else components.FieldErrors()
    return gallery_environment().get_template(f"{name}.html").render(context)


def _shell(density: Any) -> components.Shell:
    shell = components.Shell(
        system="住民記録",
        office="例示市",
        density=density,
        rehearsal=True,
        contact="例示市 住民課 0123-45-6789",
        links=(components.NavItem("使い方", "/nav"), components.NavItem("記録の扱い", "/nav")),
    )
    if density == "public":
        return shell
    return replace(
        shell,
        person="山本 窓口1",
        section="住民課",
        terminal="M-03",
        sign_out="/out",
        lock_url="/nav?locked=1",
        nav=(
            components.NavItem("今日の仕事", "/nav", key="t"),
            components.NavItem("審査待ち", "/table", current=True, count=14, key="q"),
            components.NavItem("証明書", "/form"),
        ),
    )


def _common() -> dict[str, Any]:
    return {
        "instant": datetime(2026, 11, 20, 5, 3, tzinfo=UTC),
        "day": date(2026, 11, 20),
        "states": STATES,
        "page": components.Page(21, 20, 312, previous="/table?before=a", next="/table?after=b"),
        "first_page": components.Page(1, 0, 0),
    }


def _nav() -> dict[str, Any]:
    step = components.Step
    return {
        "steps": [
            step("届出人と本人確認", "done", "/nav"),
            step("転入する人", "done", "/nav"),
            step("住所", "done", "/nav"),
            step("世帯と続柄", "error", current=True),
            step("確認", "waiting"),
        ],
        "tabs": [
            components.NavItem("現在", "/nav", current=True),
            components.NavItem("世帯", "/nav", count=4, unit="人"),
            components.NavItem("履歴", "/nav"),
        ],
    }


def _form() -> dict[str, Any]:
    option = components.Option
    return {
        "moved_on": components.DateInput("R", "8", "13", "20"),
        "born_on": components.DateInput("S"),
        "fixed_on": components.DateInput.of(date(2020, 4, 1)),
        "kinds": [option("household", "世帯全員"), option("single", "個人", hint="一人だけのとき")],
        "items": [
            option("head", "世帯主と続柄"),
            option("domicile", "本籍"),
            option("number", "個人番号"),
        ],
        "towns": [option("1", "本町"), option("2", "中央")],
        "organs": [option(f"{n:03d}", f"第{n}機関", kana=f"だい{n}きかん") for n in range(1, 60)],
    }


def _messages() -> dict[str, Any]:
    return {"progress": components.Progress(1450, 3200, remaining="約2分")}


def _table() -> dict[str, Any]:
    column = components.Column
    return {
        "columns": [
            column(
                "number", "受付番号", head=True, sort_url="/table?sort=number", sorted="ascending"
            ),
            column("kind", "異動"),
            column("who", "対象者", wide=True),
            column("clerk", "入力者"),
            column("at", "受付", align="end", sort_url="/table?sort=at"),
            column("wait", "待ち", align="end"),
            column("state", "状態"),
        ],
        "rows": [
            {
                "number": f"R8-11-{231 + n:04d}",
                "kind": "転居",
                "who": "見本 太郎 ほか1人",
                "clerk": "佐藤",
                "at": f"9:{n:02d}",
                "wait": f"{42 - n}分",
                "state": STATES[n % len(STATES)],
            }
            for n in range(14)
        ],
        "sum_columns": [column("name", "種類", head=True), column("count", "数", align="end")],
        "sums": [{"name": "都道府県", "count": "47"}, {"name": "市区町村", "count": "1,741"}],
    }


def _facts() -> dict[str, Any]:
    change, entry = components.Change, components.Entry
    same = [change(f"項目{n}", "変わらない", "変わらない") for n in range(21)]
    return {
        "changes": [
            change("住所", "見本市中央1-1-1", "例示市本町二丁目3番4号　本町ハイツ201号室"),
            change("方書", "", "本町ハイツ201号室"),
            *same,
        ],
        "entries": [
            entry(
                "令和8年11月18日",
                "転出届を受け付けました",
                "例示市 住民課",
                "/facts",
                word="終わりました",
            ),
            entry("令和8年11月25日まで", "転入届", "あなた", state="waiting", word="これから"),
        ],
    }


def _person() -> dict[str, Any]:
    return {
        "code": JukiCode.from_body("1234567890"),
        "unsure": UncertainDate.parse("昭和20年頃"),
        "long_name": "寿限無寿限無五劫の擦り切れ海砂利水魚 の水行末雲来末風来末食う寝る処に住む処",
    }


def _figure() -> dict[str, Any]:
    months = [f"{month}月" for month in (4, 5, 6, 7, 8, 9, 10, 11)]
    series = {
        "日本年金機構": [(m, 4200.0 + 310 * n) for n, m in enumerate(months)],
        "税務署": [(m, 2100.0 + 40 * n) for n, m in enumerate(months)],
        "法務局": [(m, 2000.0 - 60 * n) for n, m in enumerate(months)],
    }
    bars = [
        ("日本年金機構", 6370.0),
        ("税務署", 2380.0),
        ("法務局", 1580.0),
        ("都道府県知事", 90.0),
    ]
    column, finding = components.Column, components.Finding
    return {
        "lines": charts.line_chart(series, label="月別の提供件数", unit="件"),
        "line_finding": finding(
            "年金の事務への提供が増えています", "機構", "令和8年11月20日", csv="/x.csv"
        ),
        "line_columns": [
            column("month", "月", head=True),
            *(column(name, name, align="end") for name in series),
        ],
        "line_rows": [
            {"month": m, **{name: f"{points[n][1]:,.0f}" for name, points in series.items()}}
            for n, m in enumerate(months)
        ],
        "bars": charts.bar_chart(bars, label="機関別の提供件数", unit="件"),
        "bar_finding": finding(
            "日本年金機構が6割を占めます", "機構", "令和8年11月20日", notes=("11月は20日まで",)
        ),
        "bar_columns": [column("name", "機関", head=True), column("count", "件数", align="end")],
        "bar_rows": [{"name": name, "count": f"{value:,.0f}"} for name, value in bars],
    }


def _map() -> dict[str, Any]:
    fills: dict[str, maps.Fill] = {}
    rows = []
    words: tuple[maps.Fill, ...] = ("0", "1", "2", "3", "4", "none")
    labels = ("0件", "1〜9件", "10〜99件", "100〜999件", "1,000件以上", "回答なし")
    for prefecture in prefectures():
        code = prefecture.prefecture_code
        fills[code] = words[int(code) % len(words)]
        rows.append(
            {"name": prefecture.name, "href": f"/map?p={code}", "value": labels[int(code) % 6]}
        )
    return {
        "drawing": maps.map_svg(fills, links={code: f"/map?p={code}" for code in fills}),
        "finding": components.Finding("遅れは北に多い", maps.MAP_SOURCE, "令和8年11月20日"),
        "steps": [maps.Step(fill, label) for fill, label in zip(words, labels, strict=True)],
        "columns": [
            components.Column("name", "都道府県", head=True),
            components.Column("value", "件数", align="end"),
        ],
        "rows": rows,
    }


LOG = "jichitai/nation/provision"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _proof() -> dict[str, Any]:
    key = VerifierKey(LOG, LOG_KEY.public_key().public_bytes_raw())
    return {"keys": f"{VerifierKey(LOG, bytes(32))}\n{key}"}


_FILLERS = {
    "proof": _proof,
    "nav": _nav,
    "form": _form,
    "messages": _messages,
    "table": _table,
    "facts": _facts,
    "person": _person,
    "figure": _figure,
    "map": _map,
}
