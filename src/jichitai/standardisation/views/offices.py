"""Whom to call: the offices that 照会と督促 knows for the migration."""

from collections.abc import Collection

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.correspondence.store.contacts import Contact, contacts
from jichitai.infra.database import Tx
from jichitai.standardisation.area import STANDARDISATION


async def offices(
    tx: Tx, codes: Collection[str], *, overseer: str = MINISTRY_KEY
) -> dict[str, Contact]:
    """The newest contact of each of these bodies, by code."""
    one = next(iter(codes)) if len(codes) == 1 else None
    known = await contacts(tx, STANDARDISATION, overseer, one)
    return {code: found for code in codes if (found := known.get(code)) is not None}
