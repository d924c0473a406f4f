"""The command `jichitai`: every refusal becomes one clear sentence and an exit status."""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from jichitai.infra import audit, party_keys
from jichitai.infra.audit import Actor
from jichitai.infra.clock import SystemClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import (
    PublicKey,
    activate_signing_key,
    create_keys,
    rotate_signing_key,
)
from jichitai.infra.migrate import migrate as apply_migrations
from jichitai.infra.platform import everybody, publish_keys
from jichitai.infra.settings import Settings, read_settings
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.parties import Party, Tier
from jichitai.main.groups import Elsewhere, LazyGroup

TIER = click.Choice([str(tier) for tier in Tier])


ELSEWHERE = {
    "account": Elsewhere(
        "jichitai.web.signin.cli:account",
        "職員のアカウントを作り、登録コードを渡し、止めます。",
    ),
    "bench": Elsewhere(
        "jichitai.rehearsal.bench.cli:bench",
        "速さを、同じ実行の中で測った基準と並べて測ります。",
    ),
    "ca": Elsewhere(
        "jichitai.jpki.authority.cli:ca",
        "認証局の鍵生成式、世代交代、失効リスト。全国の階層で使います。",
    ),
    "channel": Elsewhere(
        "jichitai.main.channel:channel",
        "通知の番号を見て、復旧のあとに相手とずれたものを直します。",
    ),
    "chip": Elsewhere(
        "jichitai.jpki.reader.cli:chip",
        "カードのチップを作り、読み、書き、ほかのプログラムやサイトから使えるようにします。",
    ),
    "client": Elsewhere(
        "jichitai.web.signin.cli:client",
        "利用機関のシステム（OAuth 2.0 クライアント）を登録し、止めます。全国の階層で使います。",
    ),
    "demo": Elsewhere(
        "jichitai.rehearsal.cli:demo",
        "架空の日本で1年分の届出を処理し、検査して、画面を開いておきます。",
    ),
    "evaluation": Elsewhere(
        "jichitai.main.evaluation.cli:evaluation",
        "政策評価：ロジックモデル、指標、評価書。",
    ),
    "jpki": Elsewhere(
        "jichitai.jpki.verifier.cli:jpki",
        "公的個人認証の電子証明書と電子署名を扱います。",
    ),
    "organ": Elsewhere(
        "jichitai.jukinet.provision.cli:organ",
        "利用機関とその操作者を登録し、止めます。全国の階層で使います。",
    ),
    "phone": Elsewhere(
        "jichitai.jpki.phone.cli:phone",
        "スマートフォンの証明（カード代替電磁的記録）を、カードから作って見せます。",
    ),
    "proofing": Elsewhere(
        "jichitai.jpki.proofing.cli:proofing",
        "対面での本人確認：預かったカードを読み取り、通信なしで確かめます。",
    ),
    "quarantine": Elsewhere(
        "jichitai.main.quarantine:commands",
        "隔離した通知を見て、もう一度処理するか、破棄します。個人の情報は表示しません。",
    ),
    "rehearse": Elsewhere(
        "jichitai.rehearsal.cli:rehearse",
        "演習：障害を起こし、失われたものがないかを独立に検査します。",
    ),
    "rp": Elsewhere(
        "jichitai.jpki.signin.cli:rp",
        "カードでのサインインの相手先を登録し、試験し、止めます。全国の階層で使います。",
    ),
    "security": Elsewhere(
        "jichitai.main.security_cli:security",
        "自治体の情報セキュリティ：方針、ガイドライン、点検、事案、セキュリティクラウド、補助金。",
    ),
    "standardisation": Elsewhere(
        "jichitai.main.standardisation.cli:standardisation",
        "自治体情報システムの標準化：移行の状況。",
    ),
    "verifier": Elsewhere(
        "jichitai.jpki.status.cli:verifier",
        "署名検証者・利用者証明検証者を登録し、止めます。全国の階層で使います。",
    ),
    "verify": Elsewhere(
        "jichitai.infra.transparency.cli:verify",
        "提供の記録の証明ファイル PROOF を、公開鍵だけを使って確かめます。",
    ),
}
"""Commands of the packages, imported only when they are asked for."""


class _Commands(LazyGroup):
    """Turns refusals into a sentence on standard error and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except JichitaiError as refusal:
            click.echo(f"エラー：{refusal.title}", err=True)
            if refusal.detail != refusal.title:
                click.echo(refusal.detail, err=True)
            sys.exit(1)


@click.group(
    cls=_Commands, elsewhere=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="jichitai")
def main() -> None:
    """Jichitai: 住民基本台帳ネットワークを、一台の演習から本番の各階層まで同じコードで動かします。"""


@main.command()
@click.option("--tier", type=TIER, required=True, help="動かす階層")
@click.option("--municipality", multiple=True, help="受け持つ市区町村（6桁）。省くとすべて")
@click.option("--prefecture", multiple=True, help="受け持つ都道府県（2桁）。省くとすべて")
@click.option("--host", help="待ち受けるアドレス")
@click.option("--port", type=int, help="待ち受けるポート")
def up(
    tier: str,
    municipality: tuple[str, ...],
    prefecture: tuple[str, ...],
    host: str | None,
    port: int | None,
) -> None:
    """一つの階層を一つのプロセスとして動かします（接続先は環境変数 JICHITAI_… から）。"""
    import uvloop

    from jichitai.main import node, tiers

    settings = read_settings(
        os.environ,
        tier=tier,
        municipalities=municipality or None,
        prefectures=prefecture or None,
        http_host=host,
        http_port=port,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(node.run(settings, tiers.assemble))


@main.command()
@click.option("--tier", type=TIER, required=True, help="対象の階層")
def migrate(tier: str) -> None:
    """データベースの表を最新の形にします（JICHITAI_OWNER_DATABASE_URL を使います）。"""
    settings = read_settings(os.environ, tier=tier)
    applied = apply_migrations(_owner_dsn(settings), settings.tier)
    for name in applied:
        click.echo(name)
    click.echo(f"{len(applied)}件の移行手順を適用しました。", err=True)


@main.group()
def keys() -> None:
    """鍵を作り、替え、公開鍵を各階層に知らせます。"""


@keys.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--party", multiple=True, help="例 town-011002。省くと全国のすべて")
def create(directory: Path, party: tuple[str, ...]) -> None:
    """足りない鍵ファイルを DIRECTORY に作り、公開鍵を標準出力に書きます。"""
    chosen = everybody()
    if party:
        parsed = [Party.parse(name) for name in party]
        tiers_used = {member.tier for member in parsed}
        chosen = {tier: [p for p in parsed if p.tier is tier] for tier in tiers_used}
    for key in create_keys(directory, chosen):
        click.echo(_line(key))


@keys.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True))
@click.option("--party", required=True, help="例 town-011002")
def rotate(directory: Path, party: str) -> None:
    """一つの団体の次の署名鍵を作り、公開鍵を標準出力に書きます。署名には activate から使います。"""
    click.echo(_line(rotate_signing_key(directory, Party.parse(party))))


@keys.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True))
@click.option("--party", required=True, help="例 town-011002")
def activate(directory: Path, party: str) -> None:
    """rotate で作った鍵で署名を始めます。動いている処理は数秒で切り替わります。"""
    click.echo(_line(activate_signing_key(directory, Party.parse(party))))


@keys.command()
@click.argument("lines", type=click.File("r"))
@click.option("--tier", type=TIER, required=True, help="知らせる先の階層")
def publish(lines: Any, tier: str) -> None:
    """create や rotate が書いた公開鍵の行を、一つの階層に知らせます。"""
    settings = read_settings(os.environ, tier=tier)
    public = [_read_line(line) for line in lines if line.strip()]
    publish_keys(_owner_dsn(settings), public)
    click.echo(f"{len(public)}個の公開鍵を登録しました。", err=True)


@keys.command()
@click.argument("kid")
@click.option("--tier", type=TIER, required=True, help="知らせる先の階層")
@click.option("--days", type=click.IntRange(0, 366), default=30, help="この日数だけ古い鍵も認める")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def retire(kid: str, tier: str, days: int, reason: str) -> None:
    """鍵 KID（新しい鍵）だけを残し、同じ団体の古い鍵を、指定の日数の後に期限切れにします。"""
    party = Party.parse(kid.rpartition(".")[0])
    at = SystemClock().now() + timedelta(days=days)
    change = partial(party_keys.retire, party=party, keep=kid, at=at)
    ended = _change_keys(tier, change, "retire", kid, reason)
    click.echo(f"{ended}個の古い鍵の期限を決めました。", err=True)


@keys.command()
@click.argument("kid")
@click.option("--tier", type=TIER, required=True, help="知らせる先の階層")
@click.option("--reason", required=True, help="監査の記録に残す理由")
def revoke(kid: str, tier: str, reason: str) -> None:
    """鍵 KID をただちに失効させます。その鍵で署名した通知は隔離されます。"""
    change = partial(party_keys.revoke, kid=kid, at=SystemClock().now())
    _change_keys(tier, change, "revoke", kid, reason)
    click.echo(f"{kid} を失効させました。", err=True)


@main.command()
@click.option("--tier", type=TIER, required=True, help="対象の階層")
def routes(tier: str) -> None:
    """階層のすべての経路と、呼べる役割を一覧にします。"""
    from jichitai.main import tiers

    for line in tiers.route_table(Tier(tier)):
        click.echo(line)


def _change_keys(
    tier: str, change: Callable[[Tx], Awaitable[int]], action: str, kid: str, reason: str
) -> int:
    """Change the table of keys as its owner; the deed is recorded first, by the app role."""
    settings = read_settings(os.environ, tier=tier)
    by = Actor("operator", f"shell:{getpass.getuser()}")

    async def record(tx: Tx) -> int:
        await audit.record(tx, by=by, action=f"infra.key.{action}", subject=kid, reason=reason)
        return 0

    async def both() -> int:
        await _transact(settings.database_url, record)
        return await _transact(_owner_dsn(settings), change)

    return asyncio.run(both())


async def _transact(dsn: str, work: Callable[[Tx], Awaitable[int]]) -> int:
    database = await Database.open(dsn, size=1, name="jichitai-command")
    try:
        async with database.transaction(all_towns=True) as tx:
            return await work(tx)
    finally:
        await database.close()


def _owner_dsn(settings: Settings) -> str:
    return settings.owner_database_url or settings.database_url


def _line(key: PublicKey) -> str:
    return f"{key.party} {key.kid} {key.public_key.hex()}"


def _read_line(line: str) -> PublicKey:
    party, kid, public = line.split()
    return PublicKey(Party.parse(party), kid, bytes.fromhex(public))
