"""A counter is on the disk before the PIN is looked at, and nothing brings it back but the PIN."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jichitai.jpki.chip import dispatcher, layout, storage
from jichitai.jpki.chip.apdu import Response
from jichitai.jpki.chip.device import Chip, UnmakeableChipError
from jichitai.jpki.chip.errors import (
    ChipExistsError,
    ChipInUseError,
    DamagedChipError,
    NoChipError,
)
from jichitai.jpki.chip.layout import App
from jichitai.jpki.chip.model import ChipState, Memory
from jichitai.jpki.chip.storage import MemoryStorage
from jichitai.jpki.chip.work import Compare, Work
from tests.jpki import chips

PIN = "jpki/0018"
WRONG = bytes.fromhex("002000800430303030")
RIGHT = bytes.fromhex("002000800431323334")
EMPTY = bytes.fromhex("00200080")


@pytest.fixture(scope="module")
def issued() -> Memory:
    kept = MemoryStorage(chips.memory_chip()._storage.load())
    chips.issue(Chip(kept, crafts=chips.crafts()).transmit)
    return kept.memory


@pytest.fixture
def path(issued: Memory, tmp_path: Path) -> Path:
    file = tmp_path / "hanako.chip"
    storage.FileStorage.create(file, issued)
    return file


def tries(memory: Memory) -> int:
    assert memory.live is not None
    return memory.live.pins[PIN].left


class Recorder(MemoryStorage):
    """Remembers the counter at each save."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.kept: list[int] = []

    def save(self, memory: Memory) -> None:
        super().save(memory)
        self.kept.append(tries(memory))


def test_the_counter_is_kept_before_the_pin_is_compared(
    issued: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(issued)
    compared_at: list[list[int]] = []
    finish = dispatcher.finish

    def watched(state: ChipState, work: Work, made: bytes) -> tuple[ChipState, Response]:
        assert isinstance(work, Compare)
        compared_at.append(list(recorder.kept))
        return finish(state, work, made)

    monkeypatch.setattr(dispatcher, "finish", watched)
    with Chip(recorder) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(WRONG) == b"\x63\xc2"
        assert chip.transmit(RIGHT) == b"\x90\0"
    assert compared_at == [[2], [2, 1]]
    assert recorder.kept == [2, 1, 3]


def test_counters_survive_power_reset_and_another_process(path: Path) -> None:
    with Chip(path) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(WRONG) == b"\x63\xc2"
        chip.power_off()
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(EMPTY) == b"\x63\xc2"
    with Chip(path) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(WRONG) == b"\x63\xc1"
        chip.reset()
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(EMPTY) == b"\x63\xc1"


KILLED = """
import sys, time
from pathlib import Path
from jichitai.jpki.chip import dispatcher
from jichitai.jpki.chip.device import Chip

def never(*_):
    print("comparing", flush=True)
    time.sleep(60)

dispatcher.finish = never
chip = Chip(Path(sys.argv[1]))
chip.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
chip.transmit(bytes.fromhex("00A4020C020018"))
chip.transmit(bytes.fromhex(sys.argv[2]))
"""


@pytest.mark.parametrize("guess", [WRONG, RIGHT], ids=["wrong", "right"])
def test_a_process_killed_while_it_compares_has_used_up_the_try(path: Path, guess: bytes) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), guess.hex()], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "comparing\n"
        with pytest.raises(ChipInUseError):
            Chip(path)
        os.kill(child.pid, signal.SIGKILL)
    with Chip(path) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(EMPTY) == b"\x63\xc2"


def test_a_full_disk_refuses_before_the_pin_is_compared(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, __: bytes) -> None:
        raise OSError(28, "No space left on device")

    with Chip(path) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        monkeypatch.setattr(storage, "_replace", full)
        assert chip.transmit(RIGHT) == b"\x65\x81"
        monkeypatch.undo()
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_KEY)
        assert chip.transmit(bytes.fromhex("802A0080013000")) == b"\x69\x82"
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        assert chip.transmit(EMPTY) == b"\x63\xc3"


def test_guesses_from_many_threads_cost_a_try_each(path: Path) -> None:
    with Chip(path) as chip, ThreadPoolExecutor(4) as threads:
        chips.select(chip.transmit, App.FACE, layout.FACE_B)
        guess = b"\0\x20\0\x80\x0e" + b"0" * 14
        answers = list(threads.map(chip.transmit, [guess] * 8))
        assert sorted(answer[1] & 15 for answer in answers) == list(range(2, 10))


def test_the_file_is_for_its_owner_only_and_hides_the_pins(path: Path) -> None:
    with Chip(path) as chip:
        chips.select(chip.transmit, App.JPKI, layout.USER_AUTH_PIN)
        chip.transmit(WRONG)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    for secret in (chips.SIGNING_PIN, chips.A, chips.B):
        assert secret.encode() not in content
    assert sorted(file.name for file in path.parent.iterdir()) == [".hanako.chip.lock", path.name]


def test_what_a_killed_process_left_half_written_is_removed(path: Path) -> None:
    left = path.with_name(f".{path.name}.new")
    left.write_bytes(path.read_bytes()[:100])
    with Chip(path) as chip:
        assert not left.exists()
        assert chip.number == chips.NUMBER


def test_a_chip_is_held_by_one_program_at_a_time(path: Path) -> None:
    with Chip(path), pytest.raises(ChipInUseError):
        Chip(path)
    Chip(path).close()


@pytest.mark.parametrize("at", [0, 20, 60, -1])
def test_a_damaged_file_is_not_used(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedChipError):
        Chip(path)
    with pytest.raises(DamagedChipError):
        Chip(path)


def test_a_chip_is_made_once_with_a_number_and_a_key(tmp_path: Path) -> None:
    file = tmp_path / "new.chip"
    with Chip.make_blank(file, chips.NUMBER, chips.WRITER_PUBLIC) as chip:
        assert chip.number == chips.NUMBER
    with pytest.raises(ChipExistsError):
        Chip.make_blank(file, chips.NUMBER, chips.WRITER_PUBLIC)
    with pytest.raises(UnmakeableChipError):
        Chip.make_blank(tmp_path / "a.chip", "123", chips.WRITER_PUBLIC)
    with pytest.raises(UnmakeableChipError):
        Chip.make_blank(tmp_path / "b.chip", chips.NUMBER, b"short")
    with pytest.raises(NoChipError):
        Chip(tmp_path / "none.chip")


def test_nothing_that_is_printed_shows_a_secret(issued: Memory) -> None:
    assert issued.live is not None
    state = ChipState(issued)
    for text in (repr(state), repr(issued.live), repr(Compare(0x18, b"1234"))):
        assert "1234'" not in text
        assert "b'0" not in text
