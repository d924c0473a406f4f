"""The Jinja environment of every page, and the built files it links to."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.runtime import Macro

from jichitai.web import components, formats
from jichitai.web.terms import term

HERE = Path(__file__).resolve().parent
STATIC_DIR = HERE / "static"
TEMPLATE_DIR = HERE / "templates"
STATIC_URL = "/static/"
MACRO_FILES = ("nav", "button", "form", "message", "table", "facts", "person", "figure", "proof")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
"""What a page may load: files of this server, nothing inline, nothing else."""


@cache
def manifest() -> Mapping[str, str]:
    """Names of the built files by their plain names, e.g. `jc.css` to `jc.1a2b3c4d5e.css`."""
    found: dict[str, str] = json.loads((STATIC_DIR / "manifest.json").read_text(encoding="utf-8"))
    return found


class CompiledOnce(BytecodeCache):
    """Templates compiled once for all environments of a process.

    The macros alone take longer to compile than the rest of an application to build. What is kept
    goes by the file and its text, so that an edited template is compiled again.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, when its text was compiled before."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = CompiledOnce()


def environment(
    loader_dirs: Sequence[Path], static_manifest: Mapping[str, str] | None = None
) -> Environment:
    """The environment of a tier: escaping on, a missing variable is an error.

    Templates find the macros as `ui`, and these values and functions as globals: `static(name)`,
    `title(*parts)`, `term(key)`, `column(...)`, `option(...)` and the formats.

    Args:
        loader_dirs: template folders of the domains, looked through in order after the toolkit's.
        static_manifest: built file names; the committed ones when left out.
    """
    files = manifest() if static_manifest is None else static_manifest
    loader = FileSystemLoader([TEMPLATE_DIR, *loader_dirs])
    env = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    env.globals.update(_globals(files))
    env.globals["ui"] = _macros(env)
    return env


def _macros(env: Environment) -> SimpleNamespace:
    """All macros under one name; two of the same name would hide each other, so they are refused."""
    found: dict[str, Any] = {}
    for name in MACRO_FILES:
        module = vars(env.get_template(f"ui/{name}.html").module)
        macros = {key: value for key, value in module.items() if isinstance(value, Macro)}
        if doubled := found.keys() & macros.keys():
            raise ValueError(f"macros defined twice: {', '.join(sorted(doubled))}")
        found |= macros
    return SimpleNamespace(**found)


def _globals(files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "static": lambda name: STATIC_URL + files[name],
        "title": formats.page_title,
        "term": term,
        "column": components.Column,
        "option": components.Option,
        "fact": components.Fact,
        "crumb": components.Crumb,
        "tile": components.Tile,
        "eras": components.ERAS,
        "uncertain_days": components.UNCERTAIN_DAYS,
        "date_text": formats.date_text,
        "time_text": formats.time_text,
        "fiscal_year": formats.fiscal_year,
        "count_text": formats.count_text,
        "rate_text": formats.rate_text,
        "yen_text": formats.yen_text,
        "number_text": formats.number_text,
        "name_text": formats.name_text,
        "changed_and_same": components.changed_and_same,
    }
