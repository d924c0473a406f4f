"""Coverage-guided fuzzing of the chip with atheris; not run by pytest.

    pip install atheris
    python -m tests.jpki.fuzz_chip -runs=200000 -max_len=2000 [corpus folder]

The input is a sequence of commands, each after two bytes of length. A length of 0xFFFF is a reset.
The same things must hold as in test_chip_fuzz.py.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.jpki.chip_watch import OPENING, Watch

RESET = 0xFFFF


def commands(content: bytes) -> Iterator[bytes | None]:
    """Split the input; None is a reset."""
    at = 0
    while at + 2 <= len(content):
        size = int.from_bytes(content[at : at + 2])
        at += 2
        if size == RESET:
            yield None
            continue
        yield content[at : at + size]
        at += size


def seed(folder: Path) -> None:
    """Start from sequences that reach every application."""
    folder.mkdir(parents=True, exist_ok=True)
    selects = OPENING[:5]
    for index, select in enumerate(selects):
        sequence = [select, *OPENING[5:]]
        packed = b"".join(len(one).to_bytes(2) + one for one in sequence)
        (folder / f"application-{index}").write_bytes(packed)


def one(content: bytes) -> None:
    """Play one input."""
    watch = Watch()
    for command in commands(content):
        if command is None:
            watch.chip.reset()
        else:
            watch.send(command)


def main() -> None:
    """Hand over to atheris."""
    import atheris

    folders = [Path(part) for part in sys.argv[1:] if not part.startswith("-")]
    for folder in folders[:1]:
        seed(folder)
    Watch()
    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
