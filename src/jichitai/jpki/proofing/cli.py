"""`jichitai proofing`: read a card in person without any server."""

import secrets
from datetime import date
from pathlib import Path
from typing import Final

import click

from jichitai.infra.clock import Clock, RehearsalClock, SystemClock
from jichitai.jpki.chip.layout import App
from jichitai.jpki.proofing import evidence, methods
from jichitai.jpki.proofing.evidence import CheckedCard
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import MalformedPinError, WrongPinError
from jichitai.jpki.reader.faces import FaceObjects, read_faces
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import CardSource, ChipSource, ReaderSource

_FEW: Final = 3
_ROOTS = click.option(
    "--roots", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="カードの認証局の証明書（card-1.cer など）を置いたディレクトリ",
)  # fmt: skip
_CLOCK = click.option(
    "--clock-file", type=click.Path(dir_okay=False, path_type=Path), envvar="JICHITAI_CLOCK_FILE",
    help="演習の時計のファイル",
)  # fmt: skip


@click.group()
def proofing() -> None:
    """対面での本人確認：預かったカードを読み取り、通信なしで確かめます。"""


@proofing.command()
@_ROOTS
@click.option("--chip", type=click.Path(path_type=Path), help="リーダーの代わりに使うチップ")
@click.option("--reader", help="リーダーの名前の一部")
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path),
    help="ICチップの中の券面を書くPNGファイル。見比べたあとに消してください",
)  # fmt: skip
@_CLOCK
def read(
    roots: Path,
    chip: Path | None,
    reader: str | None,
    picture: Path | None,
    clock_file: Path | None,
) -> None:
    """カードを照合番号Bで読み取り、署名と有効期限を確かめて、券面の内容を表示します。"""
    known = evidence.card_roots(roots)
    source: CardSource = ChipSource(chip) if chip else ReaderSource(reader)
    challenge = secrets.token_bytes(32)
    with source.connected() as transmit:
        objects = _read(CardClient(transmit), challenge)
    card = evidence.check_faces(objects, roots=known, challenge=challenge)
    evidence.demand_valid(card, _today(clock_file))
    _print(card)
    if picture is not None:
        picture.touch(mode=0o600)
        picture.write_bytes(evidence.draw_front(card))


@proofing.command("methods")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="この日に使える方法。省くと今日")
def list_methods(on: object) -> None:
    """本人確認の方法と、その根拠（法令の版）を一覧にします。"""
    day = date.fromisoformat(str(on)[:10]) if on else SystemClock().today()
    for in_person in (True, False):
        for one in methods.methods_on(day, in_person=in_person):
            where = "対面" if in_person else "非対面"
            click.echo(f"{one.id}\t{where}\t{one.place}\t{one.version}\t{one.name}")


def _read(card: CardClient, challenge: bytes) -> FaceObjects:
    """Ask for 照合番号B until it is right; few tries left must be agreed to.

    Raises:
        BlockedPinError: no tries are left.
    """
    while True:
        left = card.tries(PinKind.NUMBER_B, application=App.FACE)
        if 0 < left <= _FEW:
            click.confirm(
                f"あと{left}回間違えると、照合番号Bは使えなくなります。続けますか", abort=True
            )
        typed = click.prompt(f"照合番号B（あと{left}回）", hide_input=True)
        try:
            return read_faces(card, Pin.parse(PinKind.NUMBER_B, typed), challenge=challenge)
        except (MalformedPinError, WrongPinError) as refusal:
            click.echo(refusal.detail, err=True)


def _print(card: CheckedCard) -> None:
    click.echo(f"氏名\t{card.name}")
    click.echo(f"住所\t{card.address}")
    click.echo(f"生年月日\t{card.birth_date}")
    click.echo(f"性別\t{card.sex.japanese}")
    click.echo(f"有効期限\t{card.until}")
    click.echo(f"カードの認証局\t{card.authority}")


def _today(clock_file: Path | None) -> date:
    clock: Clock = RehearsalClock(clock_file) if clock_file else SystemClock()
    return clock.today()
