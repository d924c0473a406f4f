"""Keyed hashes of the network: the same at town, prefecture and nation.

Kinds: `code`, `number`, `row`, and the match keys `name` and `kana`.
"""

from datetime import date

from jichitai.infra.crypto import BlindIndex
from jichitai.jukinet.messages import Identity
from jichitai.jukinet.model import canonical_row


def code_hash(blind: BlindIndex, code: str) -> bytes:
    """16 bytes by which a 住民票コード is found."""
    return blind.of("code", code)


def number_hash(blind: BlindIndex, number: str) -> bytes:
    """16 bytes by which a 個人番号 is found."""
    return blind.of("number", number)


def row_hash(
    blind: BlindIndex, identity: Identity, municipality: str, residence_since: date
) -> bytes:
    """16 bytes that differ when any item of the row differs."""
    return blind.of("row", canonical_row(identity, municipality, residence_since))


def name_key(blind: BlindIndex, name_reduced: str, birth_date: str) -> bytes:
    """Match key of a reduced name with a birth date; spaces in the name make no difference."""
    plain = name_reduced.replace("\u3000", "").replace(" ", "")
    return blind.of("name", f"{plain}\x1f{birth_date}")


def kana_match_key(blind: BlindIndex, kana_key: str, birth_date: str) -> bytes:
    """Match key of a kana search key with a birth date."""
    return blind.of("kana", f"{kana_key}\x1f{birth_date}")
