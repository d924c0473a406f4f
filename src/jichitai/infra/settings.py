"""Settings: read once in `main`, handed down in pieces.

A variable is `JICHITAI_NAME`; a secret may instead be the content of a file named by
`JICHITAI_NAME_FILE`. `docs/reference/settings.md` is generated from this type.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from jichitai.kernel.errors import InvalidError
from jichitai.kernel.parties import Tier


class BadSettingError(InvalidError):
    """A setting is missing or cannot be read."""

    type = "infra.bad-setting"
    title = "設定に誤りがあります"


def _about(text: str) -> Meta:
    return Meta(description=text)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a process needs to know before it starts."""

    tier: Annotated[Tier, _about("階層: which tier this process runs")] = Tier.TOWN
    database_url: Annotated[str, _about("DSN of the tier's database, as the app role (secret)")] = (
        ""
    )
    owner_database_url: Annotated[
        str, _about("DSN as the owner role, used only to migrate (secret)")
    ] = ""
    broker_url: Annotated[str, _about("URL of the NATS server, with its user (secret)")] = (
        "nats://127.0.0.1:4222"
    )
    key_directory: Annotated[Path, _about("directory of the key files, mode 0700")] = Path("keys")
    municipalities: Annotated[
        tuple[str, ...], _about("towns served here, comma separated; empty serves all")
    ] = ()
    prefectures: Annotated[
        tuple[str, ...], _about("prefectures served here, comma separated; empty serves all")
    ] = ()
    http_host: Annotated[str, _about("address to listen on")] = "127.0.0.1"
    http_port: Annotated[int, _about("port to listen on"), Meta(ge=0, le=65535)] = 8100
    http_port_held: Annotated[
        bool, _about("the process that starts this one holds the port for it")
    ] = False
    public_url: Annotated[
        str, _about("origin under which people reach this tier; empty: http://host:port")
    ] = ""
    trusted_proxy: Annotated[
        bool, _about("believe X-Forwarded-For and -Proto of a proxy in front")
    ] = False
    demo: Annotated[
        bool, _about("演習: synthetic data, personas may sign in without a passkey")
    ] = False
    clock_file: Annotated[
        Path | None, _about("shared offset file of a rehearsal's clock; empty: system clock")
    ] = None
    log_level: Annotated[str, _about("debug, info, warning or error")] = "info"
    pool_size: Annotated[int, _about("database connections at most"), Meta(ge=1, le=200)] = 8
    group_commit: Annotated[
        int, _about("provisions answered by one commit at most"), Meta(ge=1, le=1000)
    ] = 128
    body_limit: Annotated[
        int, _about("largest request body in bytes"), Meta(ge=1024, le=64 * 1024 * 1024)
    ] = 2 * 1024 * 1024
    rate_limit: Annotated[
        int, _about("requests a minute from one client; 0 lifts the limit"), Meta(ge=0)
    ] = 600
    digest_hour: Annotated[
        int, _about("hour (JST) of the nightly digest comparison; -1: only on demand")
    ] = 2
    card_agent: Annotated[
        str, _about("origin of the card agent on people's own computers, as pages name it")
    ] = "http://127.0.0.1:35970"
    vault_module: Annotated[
        str, _about("PKCS#11 library of the token with the authorities' keys; empty: key files")
    ] = ""
    vault_token: Annotated[str, _about("label of that token")] = ""
    vault_pin: Annotated[str, _about("user PIN of that token (secret)")] = ""
    vault_passphrase: Annotated[
        str,
        _about("opens the authorities' key files; empty: made beside the other keys (secret)"),
    ] = ""
    mail_url: Annotated[
        str,
        _about(
            "mail server, smtp://user:password@host:587 (STARTTLS) or smtps://…; "
            "empty: letters wait and are shown, none is sent (secret)"
        ),
    ] = ""
    mail_sender: Annotated[str, _about("address that letters come from")] = ""
    seal_directory: Annotated[
        Path | None,
        _about("folder of PKCS#12 files that sign a body's documents, CODE.p12; empty: KEYS/seals"),
    ] = None
    log_directory: Annotated[
        Path, _about("folder of the security cloud's logs (Parquet), mode 0700")
    ] = Path("logs")
    syslog_port: Annotated[
        int, _about("port for syslog over TCP at a prefecture; 0: none"), Meta(ge=0, le=65535)
    ] = 0
    traces_endpoint: Annotated[str, _about("OTLP/HTTP endpoint for traces; empty: no traces")] = ""

    @property
    def origin(self) -> str:
        """The origin people use, without a trailing slash."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")


PREFIX = "JICHITAI_"


def own_environment() -> dict[str, str]:
    """Our environment without the settings of any process.

    A rehearsal decides the settings of its processes itself: one that somebody left in their shell
    would serve a few towns only, or other people's database.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def read_settings(environment: Mapping[str, str], **overrides: Any) -> Settings:
    """Build the settings from environment variables.

    Args:
        environment: usually `os.environ`.
        **overrides: values that a command line gave; they win.

    Raises:
        BadSettingError: a value cannot be read; the message names the variable, not its value.
    """
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        raw = _raw(environment, field.encode_name)
        if raw is not None:
            values[field.encode_name] = _split(raw) if _is_list(field.type) else raw
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except (msgspec.ValidationError, TypeError) as error:
        where = str(error).rpartition("at `$.")[2].rstrip("`") or "?"
        raise BadSettingError(
            f"設定 {PREFIX}{where.upper()} を読み取れません。docs/reference/settings.md の説明に"
            "合わせて直してください。",
            setting=where,
        ) from None


def _raw(environment: Mapping[str, str], name: str) -> str | None:
    variable = PREFIX + name.upper()
    if variable in environment:
        return environment[variable]
    file = environment.get(f"{variable}_FILE")
    if file is None:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettingError(
            f"{variable}_FILE のファイルを読めません。場所と権限を確かめてください。", setting=name
        ) from error


def _is_list(kind: Any) -> bool:
    return "tuple" in str(kind)


def _split(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(kind)
