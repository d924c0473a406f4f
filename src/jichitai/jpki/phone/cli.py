"""`jichitai phone`: a wallet in software, and the authority for phone credentials."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import httpx

from jichitai.infra.clock import Clock, RehearsalClock, SystemClock
from jichitai.infra.database import Database
from jichitai.infra.operators import with_database
from jichitai.infra.settings import Settings
from jichitai.jpki.authority.vault import open_vault
from jichitai.jpki.phone import authority as authorities
from jichitai.jpki.phone import wallet as wallets
from jichitai.jpki.phone import wallet_site
from jichitai.jpki.phone.wallet import Wallet
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.jpki.reader.sources import CardSource, ChipSource, ReaderSource
from jichitai.kernel.dates import JST
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Tier
from jichitai.kernel.secrets import Secret

_PATH: Final = click.Path(dir_okay=False, path_type=Path)
_WALLET = click.option(
    "--wallet", "file", type=_PATH, default=Path("phone.wallet"), show_default=True,
    help="ウォレットのファイル",
)  # fmt: skip
_CLOCK = click.option(
    "--clock-file", type=_PATH, envvar="JICHITAI_CLOCK_FILE", help="演習の時計のファイル"
)
_PIN_TEXT: Final = "ウォレットの暗証番号（6文字以上）"


@click.group()
def phone() -> None:
    """スマートフォンの証明（カード代替電磁的記録）を、カードから作って見せます。"""


@phone.command()
def authority() -> None:
    """発行者の鍵と証明書を用意します。期限が近いものは作り直します。全国の階層で使います。"""

    async def work(database: Database, settings: Settings) -> list[str]:
        clock = _clock(settings.clock_file)
        async with database.transaction() as tx:
            return await authorities.prepare(
                tx, open_vault(settings), origin=settings.origin, at=clock.now()
            )

    for made in with_database(str(Tier.NATION), work) or ["作るものはありませんでした。"]:
        click.echo(made)


@phone.command()
@click.argument("issuer")
@_WALLET
@click.option("--chip", type=click.Path(path_type=Path), help="リーダーの代わりに使うチップ")
@click.option("--reader", help="リーダーの名前の一部")
@click.option("--with-number", is_flag=True, help="個人番号も入れる")
@click.option("--with-photo", is_flag=True, help="顔写真も入れる（照合番号Bを尋ねます）")
@_CLOCK
def ask(
    issuer: str,
    file: Path,
    chip: Path | None,
    reader: str | None,
    with_number: bool,  # noqa: FBT001 - click passes options by name
    with_photo: bool,  # noqa: FBT001
    clock_file: Path | None,
) -> None:
    """カードで申請し、ISSUER（https://… の発行者）から証明を受け取ってウォレットに入れます。"""
    source: CardSource = ChipSource(chip) if chip else ReaderSource(reader)
    signing = _asked_pin(PinKind.SIGNING)
    number_b = _asked_pin(PinKind.NUMBER_B) if with_photo else None
    new_pin = Secret(click.prompt(_PIN_TEXT, hide_input=True, confirmation_prompt=True))
    with source.connected() as transmit:
        card = CardClient(transmit)
        card.verify(signing)
        made = asyncio.run(
            _ask(issuer.rstrip("/"), card, _now(clock_file), number_b, with_number=with_number)
        )
    made.save(file, new_pin)
    until = made.content.valid_until.astimezone(JST)
    click.echo(f"証明を {file} に入れました。有効期限 {until:%Y-%m-%d %H:%M:%S} JST")


@phone.command()
@_WALLET
def show(file: Path) -> None:
    """ウォレットの証明にある項目を表示します（個人番号は伏せます）。"""
    for element, value in _opened(file).elements().items():
        words = "（画像）" if isinstance(value, bytes) else str(getattr(value, "value", value))
        masked = "・" * 12 if element.name == "individual_number_unicode" else words
        click.echo(f"{element.japanese}\t{masked}")


@phone.command()
@click.argument("link")
@_WALLET
@_CLOCK
@click.option("--yes", is_flag=True, help="確かめずに見せる（自動の試験用）")
def present(link: str, file: Path, clock_file: Path | None, yes: bool) -> None:  # noqa: FBT001
    """確認の画面のリンク LINK に答え、求められた項目だけを見せます。"""
    opened = _opened(file)

    async def work() -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            asked = await wallets.fetch_request(client, opened, link, _now(clock_file)())
            click.echo(f"求めている相手：{asked.verifier}（{asked.origin}）")
            for element in asked.elements:
                click.echo(f"渡る項目：{element.japanese}")
            if not yes and not click.confirm("見せますか"):
                return ""
            response = opened.respond(asked, asked.elements)
            return await wallets.send(client, asked, response)

    try:
        onward = asyncio.run(work())
    except wallets.AnsweredRefusalError as refusal:
        place = refusal.facts.get("redirect_uri")
        if place:
            click.echo(f"理由の画面：{place}", err=True)
        raise
    click.echo(onward or "見せませんでした。何も送っていません。")


@phone.command()
@_WALLET
@_CLOCK
@click.option("--port", default=wallet_site.PORT, show_default=True, help="待ち受けるポート")
def serve(file: Path, clock_file: Path | None, port: int) -> None:
    """ブラウザーで使うウォレットを、この端末の中だけで動かします。Ctrl+C で終わります。"""
    click.echo(f"http://127.0.0.1:{port}/ で待っています。", err=True)
    asyncio.run(wallet_site.serve(file, _now(clock_file), port=port))


async def _ask(
    issuer: str,
    card: CardClient,
    now: Callable[[], datetime],
    number_b: Pin | None,
    *,
    with_number: bool,
) -> Wallet:
    async with httpx.AsyncClient(timeout=30) as client:
        return await wallets.ask(
            client, issuer, card, now, number_b=number_b, with_number=with_number
        )


def _asked_pin(kind: PinKind) -> Pin:
    """Ask until the form is right; the card is not asked for a malformed one."""

    def parsed(text: str) -> Any:
        try:
            return Pin.parse(kind, text)
        except JichitaiError as refusal:
            raise click.BadParameter(refusal.detail) from None

    pin: Pin = click.prompt(f"{kind.japanese}（{kind.hint}）", hide_input=True, value_proc=parsed)
    return pin


def _opened(file: Path) -> Wallet:
    return Wallet.open(file, Secret(click.prompt(_PIN_TEXT, hide_input=True)))


def _clock(file: Path | None) -> Clock:
    return RehearsalClock(file) if file else SystemClock()


def _now(file: Path | None) -> Callable[[], datetime]:
    return _clock(file).now
