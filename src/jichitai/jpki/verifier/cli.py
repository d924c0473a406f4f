"""`jichitai jpki verify`: the verifier on the command line, for any machine, without a database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import httpx

from jichitai.infra.clock import JST, SystemClock
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.verifier.crl import CrlStore, FetchedCrls
from jichitai.jpki.verifier.model import StatusSource, Verified
from jichitai.jpki.verifier.ocsp import OcspSource
from jichitai.jpki.verifier.status import InOrder, http_ask, http_fetch
from jichitai.jpki.verifier.trust import Trust
from jichitai.jpki.verifier.verify import verify_certificate, verify_signature

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIRECTORY: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_KIND: Final = click.Choice([str(kind) for kind in CertificateKind])
_TIMEOUT: Final = 10.0


@click.group()
def jpki() -> None:
    """公的個人認証の電子証明書と電子署名を扱います。"""


@jpki.group()
def verify() -> None:
    """電子証明書、電子署名、署名されたPDFを検証します。確かめられなければ終了状態は1です。"""


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--trust", "directory", type=_DIRECTORY, required=True,
            help="認証局の証明書（signing-1.pem など）を置いたディレクトリ",
        ),
        click.option("--crl", "lists", type=_FILE, multiple=True, help="失効情報の一覧のファイル"),
        click.option("--url", help="失効情報を問い合わせる先。例 https://jpki.example"),
        click.option(
            "--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
            help="いつの時点で検証するか（日本時間）。省くと今",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@verify.command()
@click.argument("file", type=_FILE)
@click.option("--kind", type=_KIND, required=True, help="電子証明書の種類")
@_common
def certificate(file: Path, kind: str, **common: Any) -> None:
    """電子証明書 FILE（DER）を検証します。"""
    der, wanted = file.read_bytes(), CertificateKind(kind)

    async def work(trust: Trust, status: StatusSource, at: datetime) -> Verified:
        return await verify_certificate(der, kind=wanted, trust=trust, status=status, at=at)

    _show(_run(work, **common))


@verify.command()
@click.argument("file", type=_FILE)
@click.option("--signature", "value", type=_FILE, required=True, help="電子署名のファイル")
@click.option(
    "--certificate", "signer", type=_FILE, required=True, help="署名者の電子証明書（DER）"
)
@click.option("--kind", type=_KIND, default=str(CertificateKind.SIGNING), help="電子証明書の種類")
@_common
def signature(file: Path, value: Path, signer: Path, kind: str, **common: Any) -> None:
    """FILE への電子署名（RSASSA-PKCS1-v1_5、SHA-256）を検証します。"""
    message, signed, der = file.read_bytes(), value.read_bytes(), signer.read_bytes()

    async def work(trust: Trust, status: StatusSource, at: datetime) -> Verified:
        wanted = CertificateKind(kind)
        proof = await verify_signature(
            message, signed, der, kind=wanted, trust=trust, status=status, at=at
        )
        return proof.by

    _show(_run(work, **common))


@verify.command()
@click.argument("file", type=_FILE)
@_common
def pdf(file: Path, **common: Any) -> None:
    """署名された PDF の FILE を検証します。署名は一つで、ファイルの全体を対象とするものに限ります。"""
    from jichitai.jpki.verifier.pdf import verify_pdf

    document = file.read_bytes()

    async def work(trust: Trust, status: StatusSource, at: datetime) -> Verified:
        proof = await verify_pdf(document, trust=trust, status=status, at=at)
        return proof.by

    _show(_run(work, **common))


_Work = Callable[[Trust, StatusSource, datetime], Awaitable[Verified]]


def _run(
    work: _Work, *, directory: Path, lists: tuple[Path, ...], url: str | None, at: datetime | None
) -> Verified:
    if not lists and url is None:
        raise click.UsageError(
            "失効情報がなければ検証できません。--crl（一覧のファイル）か --url（問い合わせ先）を"
            "指定してください。"
        )
    moment = SystemClock().now() if at is None else at.replace(tzinfo=JST)
    trust = Trust.read(directory)

    async def run() -> Verified:
        async with AsyncExitStack() as stack:
            sources: list[StatusSource] = []
            if lists:
                held = CrlStore(trust)
                for path in lists:
                    held.add(path.read_bytes())
                sources.append(held)
            if url is not None:
                client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT)
                await stack.enter_async_context(client)
                sources += [
                    OcspSource(http_ask(client)),
                    FetchedCrls(trust, http_fetch(client)),
                ]
            return await work(trust, InOrder(*sources), moment)

    return asyncio.run(run())


def _show(proof: Verified) -> None:
    """What was proved. The four items are shown to whoever holds the certificate."""
    subject = proof.subject
    lines = [
        ("種類", subject.kind.japanese),
        ("認証局", proof.authority),
        ("発行の番号", proof.serial_hex),
        ("有効期限", f"{subject.certificate.not_valid_after_utc.astimezone(JST):%Y-%m-%d}"),
        ("検証の時点", f"{proof.at.astimezone(JST):%Y-%m-%d %H:%M:%S}"),
        ("失効情報", f"{proof.status.source} {proof.status.this_update.isoformat()}"),
    ]
    if proof.items is not None:
        items = proof.items
        lines += [
            ("氏名", items.name),
            ("生年月日", items.birth_date),
            ("性別", items.sex.japanese),
            ("住所", items.address),
        ]
    for name, value in lines:
        click.echo(f"{name}\t{value}")
