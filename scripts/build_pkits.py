"""Write docs/reference/pkits.md: run PKITS against the verifier and keep the results as a table."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.jpki.pkits import cases, outcome, page  # noqa: E402


def main() -> None:
    """Run every test and write the page."""
    results = {case.number: asyncio.run(outcome(case)) for case in cases()}
    (ROOT / "docs" / "reference" / "pkits.md").write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main()
