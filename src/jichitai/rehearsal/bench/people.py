"""The people that benchmarks work on: identities in millions, made of the synthetic nation."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from jichitai.jukinet.messages import Identity
from jichitai.kernel.municipalities import municipalities
from jichitai.rehearsal.population.people import bulk

SEED = 20
_POOL = 100_000


class Resident(NamedTuple):
    """A person in a town."""

    town: str
    since: date
    identity: Identity


def residents(count: int) -> Iterator[Resident]:
    """So many people over all municipalities; the same every time."""
    towns = tuple(town.code.value for town in municipalities())
    for block in bulk(SEED, count, towns, pool=max(_POOL, 2 * len(towns))):
        for code, number, name, kana, birth, sex, town, street, lot, postal, since in zip(
            *block, strict=True
        ):
            identity = Identity(
                juki_code=code,
                my_number=number,
                name=name,
                kana=kana,
                birth_date=birth,
                sex=sex,
                postal_code=postal,
                address=street + lot,
            )
            yield Resident(town, since, identity)
