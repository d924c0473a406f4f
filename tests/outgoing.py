"""What waits in outboxes, as signed frames: the dispatcher's work, for tests without a broker."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

from jichitai.infra.database import Database
from jichitai.infra.dispatcher import _PENDING
from jichitai.infra.keys import Keys
from jichitai.infra.messages import Frame, Item, sign_frame
from jichitai.kernel.parties import Party, Tier

Frames: TypeAlias = list[tuple[Tier, bytes]]


async def outgoing(
    databases: Mapping[Tier, Database], tiers: Iterable[Tier], keys: Keys, at: datetime
) -> Frames:
    """Frames of everything that may leave, with the tier of its receiver; each is taken once.

    Receivers without keys are bodies that no test looks at: what is for them is taken and dropped.
    """
    frames: Frames = []
    for tier in tiers:
        async with databases[tier].transaction(all_towns=tier is Tier.TOWN) as tx:
            rows: list[Any] = await (await tx.execute(_PENDING, (5_000,))).fetchall()
            await tx.execute(
                "update infra.outbox set published_at = now() from"
                " unnest(%s::text[], %s::text[], %s::bigint[]) as sent (s, r, n)"
                " where sender = s and receiver = r and number = n",
                ([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]),
            )
        for (sender, receiver), run in groupby(rows, key=lambda row: (row[0], row[1])):
            to = Party.parse(receiver)
            if to in keys.parties:
                messages = list(run)
                items = tuple(Item(r[3], r[4], r[5], at, r[7]) for r in messages)
                frame = Frame(sender, receiver, messages[0][2], items)
                frames.append((to.tier, sign_frame(frame, keys.signer(Party.parse(sender)))))
    return frames
