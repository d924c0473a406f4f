"""The types of the messages: read back, bounded, silent, and documented."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jichitai.jukinet import messages
from jichitai.jukinet.errors import InvalidMessageError, UnknownKindError
from jichitai.jukinet.messages import CATALOGUE, M01, Body, decode
from tests.jukinet.network_builders import code, identity, notice

ROOT = Path(__file__).resolve().parents[2]


def test_a_notice_is_read_back() -> None:
    message = notice(previous_code=code(2), change="correction")
    assert decode("M01", 1, msgspec.json.encode(message)) == message


def test_nothing_shows_a_number_or_a_name() -> None:
    message = notice()
    shown = f"{message!r} {message} {message.identity!r} {[message]}"
    assert message.identity.juki_code not in shown
    assert message.identity.name not in shown


@pytest.mark.parametrize(
    ("items", "place"),
    [
        ({"municipality": "1"}, "$.municipality"),
        ({"event_number": 0}, "$.event_number"),
        ({"change": "moved"}, "$.change"),
        ({"net_reason": "X1"}, "$.net_reason"),
        ({"residence_since": "2020-02-30"}, "$.residence_since"),
        ({"extra": 1}, ""),
        ({"resent": -1}, "$.resent"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_wrong_field_is_refused_with_its_place(items: dict[str, Any], place: str) -> None:
    body = msgspec.json.decode(msgspec.json.encode(notice()))
    with pytest.raises(InvalidMessageError) as refusal:
        decode("M01", 1, msgspec.json.encode(body | items))
    assert place in refusal.value.detail
    assert code(1) not in refusal.value.detail


@pytest.mark.parametrize("field", ["name", "address", "juki_code", "kana", "sex"])
def test_an_endless_text_is_refused_and_not_repeated(field: str) -> None:
    body = msgspec.json.decode(msgspec.json.encode(notice()))
    body["identity"][field] = "秘" * 500
    with pytest.raises(InvalidMessageError) as refusal:
        decode("M01", 1, msgspec.json.encode(body))
    assert "秘" not in refusal.value.detail


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"x"', b"null"])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        decode("M01", 1, body)


@pytest.mark.parametrize(("kind", "version"), [("M99", 1), ("M01", 2), ("", 1)])
def test_an_unknown_kind_or_version_is_refused(kind: str, version: int) -> None:
    with pytest.raises(UnknownKindError):
        decode(kind, version, b"{}")


@pytest.mark.parametrize("body", CATALOGUE, ids=lambda body: body.kind)
def test_every_kind_names_its_legal_basis_and_bounds_its_texts(body: type[Body]) -> None:
    assert body.title
    assert body.basis
    assert "Source:" in (body.__doc__ or "")
    _, schemas = msgspec.json.schema_components([body])
    for schema in schemas.values():
        assert schema["additionalProperties"] is False
        for name, field in schema["properties"].items():
            for kind in field.get("anyOf", [field]):
                if kind.get("type") == "string":
                    assert {"maxLength", "pattern", "enum", "format", "contentEncoding"} & set(
                        kind
                    ), name
                if kind.get("type") == "array":
                    assert "maxItems" in kind, name


def test_kinds_are_different() -> None:
    assert len({body.kind for body in CATALOGUE}) == len(CATALOGUE)
    assert all(re.fullmatch(r"[LM]\d\d[QR]?", body.kind) for body in CATALOGUE)


def test_a_notice_keeps_its_types() -> None:
    read = decode("M01", 1, msgspec.json.encode(notice(who=identity(3))))
    assert isinstance(read, M01)
    assert isinstance(read.residence_since, date)
    stock = messages.M10(
        batch_id=UUID(int=1), request_id=None, municipality="011002", codes=[code(1)]
    )
    assert decode("M10", 1, msgspec.json.encode(stock)) == stock


def test_the_documents_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_messages.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
