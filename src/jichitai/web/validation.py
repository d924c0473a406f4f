"""What is wrong with a request's form, said in Japanese and without echoing a value."""

import re
from collections.abc import Mapping
from typing import Final

from jichitai.kernel.errors import InvalidError


class MalformedError(InvalidError):
    """形式の誤り: the fields of the request do not fit the published form."""

    type = "web.malformed"
    title = "入力の形式が正しくありません"


_RULES: Final = (
    (r"missing required field `(\w+)`", "必須の項目「{0}」がありません。追加してください。"),
    (r"required (?:query|header|cookie) parameter", "必須の項目がありません。追加してください。"),
    (r"unknown field", "仕様書にない項目が含まれています。取り除いてください。"),
    (r"length >= (\d+)", "{0}文字（個）以上で入力してください。"),
    (r"length <= (\d+)", "{0}文字（個）以内で入力してください。"),
    (r"length (\d+)", "{0}文字（個）で入力してください。"),
    (r">= (-?\d+)", "{0}以上の数で入力してください。"),
    (r"<= (-?\d+)", "{0}以下の数で入力してください。"),
    (r"> (-?\d+)", "{0}より大きい数で入力してください。"),
    (r"< (-?\d+)", "{0}より小さい数で入力してください。"),
    (r"enum value", "決められた値の中から選んでください。"),
    (r"UUID", "番号（UUID）の形式ではありません。画面や通知にある番号を使ってください。"),
    (
        r"RFC3339|ISO8601|date",
        "日付や時刻の形式ではありません。2026-11-20 の形で入力してください。",
    ),
    (r"matching regex", "使える文字や並びが決まっています。仕様書の形で入力してください。"),
    (r"Expected `int|Expected `float|decimal", "数で入力してください。"),
    (r"Expected `str", "文字で入力してください。"),
    (r"Expected `bool", "true または false で入力してください。"),
    (r"Expected `array|Expected `list", "一覧（配列）の形で入力してください。"),
    (r"Expected `object", "項目の組（オブジェクト）の形で入力してください。"),
)
_COMPILED: Final = tuple((re.compile(pattern), sentence) for pattern, sentence in _RULES)
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]{0,79}")


def malformed(extra: object) -> MalformedError:
    """A validation failure of the framework as our refusal, without echoing any value.

    Args:
        extra: Litestar's list of `{"message", "key", "source"}`; anything else counts as empty.
    """
    entries = extra if isinstance(extra, list) else []
    errors = [_explain(entry) for entry in entries if isinstance(entry, dict)]
    return MalformedError(
        "入力の形式が正しくないため、受け付けていません。errors にある項目を直して、送り直してください。"
        if errors
        else "入力の形式が正しくないため、受け付けていません。仕様書の形に直して、送り直してください。",
        errors=errors,
    )


def _explain(entry: Mapping[str, object]) -> dict[str, str]:
    message = str(entry.get("message", ""))
    key = str(entry.get("key", "")).removeprefix("data.")
    field = key if key != "data" and _FIELD.fullmatch(key) else ""
    for pattern, sentence in _COMPILED:
        if found := pattern.search(message):
            return {
                "field": field or _missing(message),
                "detail": sentence.format(*found.groups()),
            }
    return {
        "field": field,
        "detail": "形式が正しくありません。仕様書の形で入力してください。",
    }


def _missing(message: str) -> str:
    found = _MISSING.search(message)
    return found[1] if found else ""
