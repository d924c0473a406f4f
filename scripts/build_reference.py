"""Writes the reference pages that are drawn from the code: settings, problems, audit actions.

python scripts/build_reference.py            write docs/reference/*.md
python scripts/build_reference.py --check    exit 1 when a page is out of date
"""

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

import msgspec

import jichitai
from jichitai.infra import audit
from jichitai.infra.settings import PREFIX, Settings
from jichitai.kernel import errors
from jichitai.kernel.errors import JichitaiError

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
STATUS = {
    errors.InvalidError: 422,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.TooLargeError: 413,
    errors.TooManyError: 429,
    errors.UnavailableError: 503,
}


def pages() -> dict[str, str]:
    """File name -> content."""
    return {
        "settings.md": settings_page(),
        "problems.md": problems_page(),
        "audit.md": audit_page(),
    }


def settings_page() -> str:
    """Every setting, its variable, default and meaning."""
    rows = []
    for field in msgspec.structs.fields(Settings):
        about = next(
            (m.description for m in getattr(field.type, "__metadata__", ()) if m.description), ""
        )
        default = "" if field.default in ("", None, ()) else f"`{field.default}`"
        rows.append(f"| `{PREFIX}{field.name.upper()}` | {about} | {default} |")
    return _page(
        "Settings",
        "Every variable may instead be given as `<NAME>_FILE`, the path of a file with the value; "
        "use that for secrets.",
        "| Variable | Meaning | Default |\n| --- | --- | --- |",
        rows,
    )


def problems_page() -> str:
    """Every refusal, its status and title."""
    load_everything()
    rows = []
    for kind in sorted(_descendants(JichitaiError), key=lambda kind: kind.type):
        if kind.__module__.startswith("jichitai") and "type" in vars(kind):
            status = next((STATUS[base] for base in kind.__mro__ if base in STATUS), 500)
            about = inspect.getdoc(kind) or ""
            rows.append(f"| `{kind.type}` | {status} | {kind.title} | {about.splitlines()[0]} |")
    return _page(
        "Problems",
        "Programs get these as `application/problem+json` (RFC 9457); `type` is "
        "`/problems/<name>` and never changes its meaning.",
        "| Name | Status | Title | Meaning |\n| --- | --- | --- | --- |",
        rows,
    )


def audit_page() -> str:
    """Every action that may stand in the audit table."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in sorted(audit.catalogue().items())]
    return _page(
        "Audit actions",
        "The table `infra.audit` of each tier only grows. An action that is not listed here is "
        "refused.",
        "| Action | Meaning |\n| --- | --- |",
        rows,
    )


def load_everything() -> None:
    """Import every module, so that every class is known."""
    for module in pkgutil.walk_packages(jichitai.__path__, "jichitai."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _descendants(kind: type[JichitaiError]) -> set[type[JichitaiError]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= _descendants(child)
    return found


def _page(title: str, text: str, head: str, rows: list[str]) -> str:
    note = "<!-- Written by scripts/build_reference.py; do not edit. -->"
    return "\n".join([note, f"# {title}", "", text, "", head, *rows, ""])


def main() -> None:
    """Write the pages, or compare them."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, content in pages().items():
        file = REFERENCE / name
        if not file.exists() or file.read_text("utf-8") != content:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(content, "utf-8")
    sys.stdout.write(f"out of date: {', '.join(stale)}\n" if stale else "up to date\n")
    if stale and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
