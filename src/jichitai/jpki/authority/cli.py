"""Operators' commands for the certificate authorities, at the nation."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.infra import party_keys
from jichitai.infra.clock import Clock, RehearsalClock, SystemClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.infra.operators import shell_user, with_database
from jichitai.infra.settings import Settings
from jichitai.jpki.authority import ceremony, lists, minutes, service, store
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.ceremony import Planned
from jichitai.jpki.authority.minutes import Scene, Witness
from jichitai.jpki.authority.model import AuthorityState, roll_over_due
from jichitai.jpki.authority.pool import open_pool
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.authority.vault import open_vault
from jichitai.kernel.dates import JST
from jichitai.kernel.parties import NATION, Tier

T = TypeVar("T")
_KIND: Final = click.Choice([str(kind) for kind in AuthorityKind])


def _witnesses(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> list[Witness]:
    """Each is `役割=氏名`."""
    found = []
    for value in values:
        duty, sign, name = value.partition("=")
        if not sign:
            raise click.BadParameter(
                "「立会人=山田　一郎」のように、役割と氏名を = でつないでください。", ctx, param
            )
        found.append(Witness(name.strip(), duty.strip()))
    return found


def _scene_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--witness", "witnesses", callback=_witnesses, multiple=True, required=True,
            help="立会人。2人以上。例 立会人=山田　一郎",
        ),
        click.option("--place", required=True, help="場所"),
        click.option("--purpose", help="目的。省くと既定の文"),
        click.option(
            "--print", "target", type=click.Path(path_type=Path, dir_okay=False),
            help="記録を書くファイル。省くと標準出力",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def ca() -> None:
    """認証局の鍵生成式、世代交代、失効リスト。全国の階層で使います。"""


@ca.command("ceremony")
@_scene_options
@click.option("--rehearsal", is_flag=True, help="演習用に、重なり合う2世代を一度に作ります")
def hold(
    witnesses: Sequence[Witness],
    place: str,
    purpose: str | None,
    target: Path | None,
    *,
    rehearsal: bool,
) -> None:
    """鍵生成式を行い、認証局を開きます。"""
    scene = Scene(purpose=purpose or "認証局の開設", place=place, witnesses=witnesses)

    async def work(tx: Tx, settings: Settings, clock: Clock) -> str:
        at = clock.now()
        plan = ceremony.rehearsal_plan(at) if rehearsal else ceremony.first_plan(at)
        return await _hold(tx, settings, clock, plan, scene)

    _write(_run(work), target)


@ca.command("roll-over")
@click.argument("kind", type=_KIND)
@_scene_options
def roll_over(
    kind: str, witnesses: Sequence[Witness], place: str, purpose: str | None, target: Path | None
) -> None:
    """認証局 KIND の次の世代を作ります。前の世代は発行をやめ、失効リストには署名し続けます。"""
    scene = Scene(purpose=purpose or "認証局の世代交代", place=place, witnesses=witnesses)

    async def work(tx: Tx, settings: Settings, clock: Clock) -> str:
        plan = await ceremony.next_plan(tx, AuthorityKind(kind), clock.now())
        return await _hold(tx, settings, clock, plan, scene)

    _write(_run(work), target)


async def _hold(
    tx: Tx, settings: Settings, clock: Clock, plan: Sequence[Planned], scene: Scene
) -> str:
    keys = Keys.load(settings.key_directory, Tier.NATION)
    held = await ceremony.hold_ceremony(
        tx,
        open_vault(settings),
        keys.signer(NATION),
        plan=plan,
        scene=scene,
        at=clock.now(),
        by=shell_user(),
    )
    return held.printed


@ca.command("record")
@click.option("--all", "every", is_flag=True, help="最初からすべて。省くと最後のもの")
def show_record(*, every: bool) -> None:
    """鍵生成式の記録を、署名と前の記録とのつながりを確かめて印字します。"""

    async def work(tx: Tx, _settings: Settings, _clock: Clock) -> list[str]:
        rows = await store.ceremonies(tx)
        minutes.check_sequence(rows)
        for row in rows:
            minutes.check_record(row, await party_keys.public_key(tx, row.signer))
        return [minutes.printed(row) for row in (rows if every else rows[-1:])]

    records = _run(work)
    click.echo("\f".join(records), nl=False)
    click.echo(f"{len(records)}件の記録の署名とつながりを確かめました。", err=True)


@ca.command("list")
def list_authorities() -> None:
    """認証局を、状態、期限、指紋とともに一覧にします。世代交代の時期も知らせます。"""

    async def work(
        tx: Tx, _settings: Settings, clock: Clock
    ) -> tuple[list[store.AuthorityRow], datetime]:
        return await store.authorities(tx), clock.now()

    rows, now = _run(work)
    for row in rows:
        ends = row.certificate.not_valid_after_utc.astimezone(JST)
        print_of = sha256(row.certificate.public_bytes(Encoding.DER)).hexdigest()
        click.echo(f"{row.id}\t{row.state}\t{ends:%Y-%m-%d}まで\t{print_of}")
        if row.state is AuthorityState.ACTIVE and roll_over_due(row.certificate, now):
            click.echo(
                f"{row.id} は、6年の電子証明書を発行できる期間が終わります。"
                f"jichitai ca roll-over {row.kind} で次の世代を作ってください。",
                err=True,
            )


@ca.command("anchors")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def export_anchors(directory: Path) -> None:
    """検証者に渡す認証局の証明書と、カードの製造に要る公開鍵を DIRECTORY に書き出します。"""

    async def work(tx: Tx, settings: Settings, _clock: Clock) -> dict[str, bytes]:
        authorities = await Authorities.load(tx, open_vault(settings))
        made = {
            f"{member.id}.pem": member.certificate.public_bytes(Encoding.PEM)
            for member in authorities.members
        }
        if authorities.all(AuthorityKind.CARD):
            public = authorities.card_centre().writer.public_key()
            made["card-writer.pub.pem"] = public.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
        return made

    made = _run(work)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (directory / name).write_bytes(content)
        click.echo(str(directory / name))


@ca.command("lists")
def make_lists() -> None:
    """失効リストを、全体と市区町村ごとに今作り直します。"""

    async def work(tx: Tx, settings: Settings, clock: Clock) -> int:
        authorities = await Authorities.load(tx, open_vault(settings))
        return len(await lists.make_crls(tx, authorities, at=clock.now()))

    click.echo(f"{_run(work)}件の失効リストを作りました。", err=True)


@ca.command("responders")
def renew_responders() -> None:
    """失効情報に署名する証明書を、期限が近ければ作り直します。"""

    async def work(tx: Tx, settings: Settings, clock: Clock) -> list[x509.Certificate]:
        vault = open_vault(settings)
        authorities = await Authorities.load(tx, vault)
        await ceremony.renew_responders(tx, vault, authorities, clock.now())
        return [found for found, _ in (await store.responders(tx)).values()]

    for certificate in _run(work):
        ends = certificate.not_valid_after_utc.astimezone(JST)
        click.echo(f"{certificate.subject.rfc4514_string()}\t{ends:%Y-%m-%d}まで")


@ca.command("compromise")
@click.argument("authority")
@click.option("--reason", required=True, help="監査の記録に残す理由")
@click.confirmation_option(
    prompt="この認証局が発行した電子証明書をすべて失効させます。取り消せません。続けますか"
)
def compromise(authority: str, reason: str) -> None:
    """認証局 AUTHORITY の秘密鍵が漏れたものとし、発行したすべての電子証明書を失効させます。"""

    async def work(tx: Tx, settings: Settings, clock: Clock) -> int:
        authorities = await Authorities.load(tx, open_vault(settings))
        return await service.declare_compromised(
            tx, authorities, authority, at=clock.now(), by=shell_user(), note=reason
        )

    click.echo(f"{_run(work)}枚の電子証明書を失効させました。", err=True)
    click.echo("検証者に、この認証局の証明書を信頼の一覧から外すよう公表してください。", err=True)


@ca.command("pool")
@click.argument("count", type=click.IntRange(0, 1_000_000))
@click.option("--processes", type=click.IntRange(1, 64), default=1, help="同時に鍵を作る数")
def fill_pool(count: int, processes: int) -> None:
    """作り置きの RSA 鍵を COUNT 組まで足します。"""

    async def work(_database: Database, settings: Settings) -> tuple[int, int]:
        pool = open_pool(settings)
        return pool.fill(count, processes=processes), len(pool)

    drawn, waiting = with_database(str(Tier.NATION), work)
    click.echo(f"{drawn}組を作りました。{waiting}組が待っています。", err=True)


def _run(work: Callable[[Tx, Settings, Clock], Awaitable[T]]) -> T:
    """One transaction on the nation's database, at the node's own time."""

    async def transact(database: Database, settings: Settings) -> T:
        clock: Clock = RehearsalClock(settings.clock_file) if settings.clock_file else SystemClock()
        async with database.transaction() as tx:
            return await work(tx, settings, clock)

    return with_database(str(Tier.NATION), transact)


def _write(text: str, target: Path | None) -> None:
    if target is None:
        click.echo(text, nl=False)
        return
    target.write_text(text, encoding="utf-8")
    click.echo(f"記録を {target} に書きました。印刷し、立会人の署名を受けてください。", err=True)
