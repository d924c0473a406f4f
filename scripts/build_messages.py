"""Writes the catalogue of messages from the types: AsyncAPI 3.0 and a page.

python scripts/build_messages.py            write docs/reference/asyncapi.yaml and messages.md
python scripts/build_messages.py --check    exit 1 when one of them is out of date
"""

import inspect
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from jichitai.evaluation.messages import CATALOGUE as EVALUATION
from jichitai.jpki.messages import CATALOGUE as CERTIFICATES
from jichitai.jukinet.messages import CATALOGUE, Body
from jichitai.jukinet.provision.messages import P01, T01
from jichitai.security.messages import CATALOGUE as SECURITY
from jichitai.standardisation.messages import CATALOGUE as STANDARDISATION

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "Written by scripts/build_messages.py; do not edit."
TIERS = ("town", "prefecture", "nation", "ministry")
VERSION = "1.4.0"
"""Of the catalogue: raised when a kind or a field is added or goes."""
BODIES: tuple[type[Body], ...] = tuple(
    sorted(
        (*CATALOGUE, *CERTIFICATES, *EVALUATION, *SECURITY, *STANDARDISATION, T01, P01),
        key=lambda body: (body.kind[0], body.kind),
    )
)


def files() -> dict[str, str]:
    """File name -> content."""
    return {
        "asyncapi.yaml": f"# {NOTE}\n" + "\n".join(_yaml(document())) + "\n",
        "messages.md": page(),
    }


def document() -> dict[str, Any]:
    """The AsyncAPI document: a channel per receiving tier, an operation per sender and kind."""
    _, schemas = msgspec.json.schema_components(BODIES, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jichitai network messages",
            "version": VERSION,
            "description": (
                "Bodies are JSON, sealed with the network key, in frames signed by the sender "
                "(JWS, Ed25519). Numbers of a channel (sender, receiver) have no gaps."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {tier: _channel(tier) for tier in TIERS},
        "operations": dict(_operations()),
        "components": {
            "messages": {body.kind: _message(body) for body in BODIES},
            "schemas": {name: _described(schema) for name, schema in sorted(schemas.items())},
        },
    }


def page() -> str:
    """The catalogue as a page: every kind, its route, its legal basis and its fields."""
    lines = [
        f"<!-- {NOTE} -->",
        "# Messages",
        "",
        "Every kind of message between the tiers; the same for programs: `asyncapi.yaml`.",
        "",
        "| Kind | Name | Route | Basis |",
        "| --- | --- | --- | --- |",
        *(
            f"| [{body.kind}](#{body.kind.lower()}) | {body.title} | {body.route} | {body.basis} |"
            for body in BODIES
        ),
    ]
    for body in BODIES:
        lines += ["", f"## {body.kind}", "", *_text(body), "", *_fields(body)]
    return "\n".join(lines) + "\n"


def _routes(body: type[Body]) -> Iterator[tuple[str, str]]:
    """The hops of a route, by tier."""
    for leg in body.route.split(";"):
        stops = [_tier(stop) for stop in leg.split("→")]
        yield from pairwise(stops)


def _tier(stop: str) -> str:
    return next(tier for tier in TIERS if tier in stop)


def _channel(tier: str) -> dict[str, Any]:
    coming = [body for body in BODIES if any(to == tier for _, to in _routes(body))]
    code = "all" if tier in {"nation", "ministry"} else "{code}"
    channel: dict[str, Any] = {
        "address": f"jichitai.to.{tier}.{code}",
        "messages": {body.kind: {"$ref": f"#/components/messages/{body.kind}"} for body in coming},
    }
    if code == "{code}":
        digits = "6-digit 全国地方公共団体コード" if tier == "town" else "2-digit prefecture"
        channel["parameters"] = {"code": {"description": digits}}
    return channel


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for body in BODIES:
        for sender, receiver in _routes(body):
            yield (
                f"{sender}-sends-{body.kind}-to-{receiver}",
                {
                    "action": "send",
                    "channel": {"$ref": f"#/channels/{receiver}"},
                    "summary": body.title,
                    "messages": [{"$ref": f"#/channels/{receiver}/messages/{body.kind}"}],
                },
            )


def _message(body: type[Body]) -> dict[str, Any]:
    return {
        "name": body.kind,
        "title": body.title,
        "summary": _text(body)[0],
        "description": f"Version {body.version}. {body.basis}",
        "payload": {"$ref": f"#/components/schemas/{body.__name__}"},
    }


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its description in one line, without the source."""
    text = schema.get("description", "").split("\n\nSource:")[0]
    return schema | ({"description": " ".join(text.split())} if text else {})


def _text(body: type[Body]) -> list[str]:
    text = (inspect.getdoc(body) or "").split("\n\nSource:")[0]
    return text.splitlines()


def _fields(body: type[Body]) -> list[str]:
    _, schemas = msgspec.json.schema_components([body], ref_template="{name}")
    lines = ["| Field | Type | |", "| --- | --- | --- |"]
    for name, schema in sorted(schemas.items(), key=lambda item: item[0] != body.__name__):
        if "enum" in schema:  # a set of words, shown where it is used
            continue
        required = set(schema.get("required", ()))
        for field, kind in schema["properties"].items():
            shown = field if name == body.__name__ else f"{name}.{field}"
            optional = "" if field in required else "optional"
            words = schemas.get(str(kind.get("$ref", "")), {})
            told = _kind(words if "enum" in words else kind)
            lines.append(f"| `{shown}` | {told} | {optional} |")
    return lines


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"{schema['$ref']}"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"]).replace("``", "empty")
    if schema.get("type") == "array":
        most = f", at most {schema['maxItems']:,}" if "maxItems" in schema else ""
        return f"list of {_kind(schema['items'])}{most}"
    parts = [schema.get("description") or schema.get("format") or schema.get("type", "any")]
    if "maxLength" in schema:
        parts.append(f"at most {schema['maxLength']:,} characters")
    if "pattern" in schema:
        parts.append(f"`{schema['pattern']}`")
    return ", ".join(parts).replace("|", "\\|")


def _yaml(value: Any, depth: int = 0) -> Iterator[str]:
    """Block style for what holds something, JSON for the rest, which is YAML too."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)
            if isinstance(item, dict | list) and item:
                yield f"{pad}{name}:"
                yield from _yaml(item, depth + 1)
            else:
                yield f"{pad}{name}: {json.dumps(item, ensure_ascii=False)}"
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, dict | list) and item:
                first, *rest = _yaml(item, depth + 1)
                yield f"{pad}- {first.strip()}"
                yield from rest
            else:
                yield f"{pad}- {json.dumps(item, ensure_ascii=False)}"


def main() -> None:
    """Write the files, or compare them."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, content in files().items():
        file = REFERENCE / name
        if not file.exists() or file.read_text("utf-8") != content:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(content, "utf-8")
    sys.stdout.write(f"out of date: {', '.join(stale)}\n" if stale else "up to date\n")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
