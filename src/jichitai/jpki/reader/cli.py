"""`jichitai chip`: cards in files and in readers, and the agent that web pages use them through."""

import asyncio
import contextlib
import re
import secrets
from pathlib import Path
from typing import Final

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from jichitai.jpki.chip import layout, reading
from jichitai.jpki.chip.contents import ChosenPins
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.chip.layout import App
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader import agent_protocol, pcsc, vpcd
from jichitai.jpki.reader.client import CardClient, pin_for
from jichitai.jpki.reader.errors import (
    MalformedPinError,
    NoSuchFileError,
    PinNeededError,
    WritingFailedError,
)
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import CardSource, ChipSource, ReaderSource
from jichitai.jpki.reader.writing import Stage, Writing
from jichitai.jpki.reader.writing_api import WritingApi

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_HOLDERS: Final = (PinKind.SIGNING, PinKind.USER_AUTH, PinKind.JUKI, PinKind.INPUT_AID)
_CHIP = click.option(
    "--chip", type=click.Path(path_type=Path), help="リーダーの代わりに使うチップのファイル"
)
_READER = click.option("--reader", help="リーダーの名前の一部。省くとカードのあるリーダー")


@click.group()
def chip() -> None:
    """カードのチップを作り、読み、書き、ほかのプログラムやサイトから使えるようにします。"""


@chip.command()
@click.argument("file", type=_FILE)
@click.option("--number", help="製造番号（数字13桁）。省くと無作為")
@click.option(
    "--writer-key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="書込みを許す鍵の公開鍵（PEM か16進のファイル）",
)  # fmt: skip
def blank(file: Path, number: str | None, writer_key: Path) -> None:
    """何も書かれていないチップを FILE に作り、製造番号を標準出力に書きます。"""
    made = number or "".join(secrets.choice("0123456789") for _ in range(13))
    Chip.make_blank(file, made, _public_key(writer_key)).close()
    click.echo(made)


@chip.command()
@click.argument("file", type=_FILE)
@click.option("--host", default=vpcd.HOST, help="仮想リーダーのアドレス")
@click.option("--port", default=vpcd.PORT, help="仮想リーダーのポート（2つ目の差込口は35964）")
def insert(file: Path, host: str, port: int) -> None:
    """チップ FILE を仮想リーダーに入れます。Ctrl+C で抜くまで、PC/SC のどのプログラムからも見えます。"""
    with Chip(file) as card:
        inserted = vpcd.Insertion(card, host=host, port=port)
        click.echo(f"カード {card.number} を入れました。Ctrl+C で抜きます。", err=True)
        with contextlib.suppress(KeyboardInterrupt):
            inserted.serve()
    click.echo("カードを抜きました。", err=True)


@chip.command()
def readers() -> None:
    """この計算機のカードリーダーを一覧にします。"""
    for name in pcsc.readers():
        click.echo(name)


@chip.command()
@_CHIP
@_READER
@click.option("--signing", is_flag=True, help="暗証番号を聞いて、署名用電子証明書も読む")
@click.option("--items", is_flag=True, help="照合番号Bを聞いて、基本4情報も読む")
def read(chip: Path | None, reader: str | None, *, signing: bool, items: bool) -> None:
    """カードの製造番号、暗証番号の残り回数、電子証明書を読みます。"""
    with source_of(chip, reader).connected() as transmit:
        card = CardClient(transmit)
        click.echo(f"製造番号\t{card.chip_number()}")
        if not [kind for kind in _HOLDERS if _tries(card, kind)]:
            click.echo("まだ何も書かれていないカードです。", err=True)
            return
        for certificate in CertificateKind:
            _certificate(card, certificate, ask=signing)
        if items:
            _items(card)


@chip.command()
@_CHIP
@_READER
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in _HOLDERS]),
    required=True,
    help="どの暗証番号か",
)
def pin(chip: Path | None, reader: str | None, kind: str) -> None:
    """暗証番号を変えます。今の番号と新しい番号を聞きます。"""
    which = PinKind(kind)
    old = ask_pin(which, "今の")
    new = ask_new_pin(which)
    with source_of(chip, reader).connected() as transmit:
        CardClient(transmit).change_pin(old, new)
    click.echo(f"{which.japanese}を変えました。", err=True)


@chip.command()
@click.option("--ticket", help="窓口の画面の書込み券。省くと聞きます")
@click.option("--town", required=True, help="窓口のサイト。例 https://town.example.jp")
@_CHIP
@_READER
def write(ticket: str | None, town: str, chip: Path | None, reader: str | None) -> None:
    """窓口の画面で受け付けたカードに書き込みます。暗証番号はこの端末でだけ聞きます。"""
    given = ticket or click.prompt("書込み券", hide_input=True)
    request = agent_protocol.WriteRequest.parse({"ticket": given, "return_url": town})
    with WritingApi(request) as api:
        writing = Writing(api, source_of(chip, reader), api.order())
        writing.run(_chosen(writing))
    if writing.stage is not Stage.DONE:
        raise WritingFailedError(writing.problem)
    click.echo("書き込みました。窓口の画面で、交付の手続を続けてください。", err=True)


@chip.command()
@click.option(
    "--site", "sites", multiple=True, help="サイト。例 https://id.example.jp=本人確認サービス"
)
@click.option("--counter", "counters", multiple=True, help="券面の読取りと書込みもする窓口のサイト")
@click.option(
    "--chip", type=click.Path(exists=True, path_type=Path),
    help="リーダーの代わりに使うチップのファイルか、それを入れたフォルダー（演習用）",
)  # fmt: skip
@_READER
@click.option("--port", default=agent_protocol.PORT, help="待ち受けるポート")
def agent(
    sites: tuple[str, ...],
    counters: tuple[str, ...],
    chip: Path | None,
    reader: str | None,
    port: int,
) -> None:
    """サイトの画面からカードを使うための部品を、この端末の中だけで動かします。"""
    from jichitai.infra import logs
    from jichitai.jpki.reader.agent.app import serve
    from jichitai.jpki.reader.agent.sites import Site, Sites

    logs.configure("warning", part="card-agent")
    listed = [Site.parse(text) for text in sites]
    listed += [Site.parse(text, counter=True) for text in counters]
    click.echo(f"http://127.0.0.1:{port}/ で待ち受けます。Ctrl+C で終わります。", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(source_of(chip, reader), Sites(listed), port=port))


def source_of(chip: Path | None, reader: str | None) -> CardSource:
    """A chip's file when one is named, otherwise the card in a reader."""
    return ReaderSource(reader) if chip is None else ChipSource(chip)


def ask_pin(kind: PinKind, which: str = "") -> Pin:
    """Ask for a PIN on the terminal, until it has the right form."""
    while True:
        typed = click.prompt(f"{which}{kind.japanese}（{kind.hint}）", hide_input=True, err=True)
        try:
            return Pin.parse(kind, typed)
        except MalformedPinError as refusal:
            click.echo(refusal.detail, err=True)


def ask_new_pin(kind: PinKind) -> Pin:
    """Ask for a PIN twice, until both are the same."""
    while True:
        first, second = ask_pin(kind, "新しい"), ask_pin(kind, "もう一度、新しい")
        if first == second:
            return first
        click.echo("2回の入力が違います。初めから入力してください。", err=True)


def _chosen(writing: Writing) -> ChosenPins:
    signing = CertificateKind.SIGNING in writing.order.certificates
    return ChosenPins(
        signing=ask_new_pin(PinKind.SIGNING) if signing else None,
        user_auth=ask_new_pin(PinKind.USER_AUTH),
        register=ask_new_pin(PinKind.JUKI),
        input=ask_new_pin(PinKind.INPUT_AID),
    )


def _tries(card: CardClient, kind: PinKind) -> bool:
    """Print the tries of a PIN; whether the card has it."""
    try:
        left = card.tries(kind)
    except NoSuchFileError:
        return False
    click.echo(f"{kind.japanese}\tあと{left}回")
    return True


def _certificate(card: CardClient, kind: CertificateKind, *, ask: bool) -> None:
    if kind is CertificateKind.SIGNING and ask:
        card.verify(ask_pin(pin_for(kind)))
    try:
        found = x509.load_der_x509_certificate(card.certificate(kind))
    except PinNeededError:
        click.echo(f"{kind.japanese}\t暗証番号の照合が必要です（--signing）")
        return
    except NoSuchFileError:
        click.echo(f"{kind.japanese}\tありません")
        return
    until = f"{found.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"{kind.japanese}\t{found.serial_number:x}\t{until} まで")


def _items(card: CardClient) -> None:
    card.verify(ask_pin(PinKind.NUMBER_B), application=App.INPUT)
    found = reading.items(card.read(App.INPUT, layout.INPUT_ITEMS))
    for label, value in (
        ("氏名", found.name),
        ("住所", found.address),
        ("生年月日", found.birth_date),
        ("性別", found.sex.japanese),
    ):
        click.echo(f"{label}\t{value}")


def _public_key(file: Path) -> bytes:
    content = file.read_bytes()
    text = content.decode("ascii", "replace").strip()
    if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        return bytes.fromhex(text)
    try:
        key = load_pem_public_key(content)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise click.BadParameter("Ed25519 の公開鍵（PEM か16進64文字）ではありません。")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
