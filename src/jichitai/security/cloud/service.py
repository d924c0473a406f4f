"""Use cases: a prefecture keeps the state of its cloud and reports it; the ministry takes it in."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.errors import InvalidMessageError
from jichitai.kernel.parties import MINISTRY, Party
from jichitai.security.cloud import model, store
from jichitai.security.cloud.checks import check
from jichitai.security.cloud.errors import CloudRefusedError, NothingNewError, UnknownCloudError
from jichitai.security.cloud.model import Cloud
from jichitai.security.cloud.store import Version
from jichitai.security.errors import NotYourBodyError, StaleEditError
from jichitai.security.messages import S07, decode

_AHEAD: Final = timedelta(days=2)
"""How far the clocks of two tiers may differ before a day counts as future."""


class Clouds:
    """Use cases of a prefecture; every method works in the caller's transaction."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        """Take law time and the way to the ministry."""
        self._clock = clock
        self._outbox = outbox

    async def begin(self, tx: Tx, prefecture: str, generation: int, *, by: Actor) -> Version:
        """Open the record of a generation; one that is open already is given back."""
        found = await store.current(tx, prefecture, generation)
        if found is not None:
            return found
        cloud = model.new_cloud(prefecture, generation)
        return await self._add(tx, cloud, 0, what="登録", by=by)

    async def get(self, tx: Tx, prefecture: str, generation: int) -> Version:
        """The latest state.

        Raises:
            UnknownCloudError: nobody registered the generation.
        """
        found = await store.current(tx, prefecture, generation)
        if found is None:
            raise UnknownCloudError(
                f"第{generation}世代のセキュリティクラウドはまだ登録されていません。"
                "セキュリティクラウドの画面で登録してから、もう一度操作してください。"
            )
        return found

    async def save(self, tx: Tx, cloud: Cloud, *, revision: int, what: str, by: Actor) -> Version:
        """Take in a changed state.

        Args:
            tx: a transaction of the prefecture's tier.
            cloud: the whole state as it is to be.
            revision: the one that the change was made on.
            what: which part was changed, for the history.
            by: who changes it.

        Raises:
            UnknownCloudError: nobody registered the generation.
            StaleEditError: somebody else changed it meanwhile.
            CloudRefusedError: the state contradicts itself.
        """
        found = await self.get(tx, cloud.prefecture, cloud.generation)
        check(cloud, on=self._clock.today())
        if found.revision != revision:
            raise _stale(found)
        if model.text_of(cloud) == found.content:
            return found
        return await self._add(tx, cloud, revision, what=what, by=by)

    async def report(self, tx: Tx, prefecture: str, generation: int, *, by: Actor) -> int:
        """国に報告する: send the latest state to the ministry; the number of the report.

        Raises:
            UnknownCloudError: nobody registered the generation.
            NothingNewError: this state has left already.
        """
        found = await self.get(tx, prefecture, generation)
        if found.sent_at is not None:
            raise NothingNewError(
                "今の内容は報告済みです。状況を更新してから報告してください。",
                revision=found.revision,
            )
        at = self._clock.now()
        number = await store.sent(tx, prefecture, generation, found.revision, by.id, at)
        body = S07(prefecture=prefecture, revision=number, content=found.content, reported_at=at)
        await self._outbox.send(
            tx, origin=Party.prefecture(prefecture), to=MINISTRY, kind="S07", version=1, body=body
        )
        await audit.record(
            tx,
            by=by,
            action="security.cloud.report",
            subject=f"{prefecture}-{generation}",
            facts={"revision": found.revision, "number": number},
            at=at,
        )
        return number

    async def _add(self, tx: Tx, cloud: Cloud, revision: int, *, what: str, by: Actor) -> Version:
        at = self._clock.now()
        prefecture, generation = cloud.prefecture, cloud.generation
        content = model.text_of(cloud)
        added = await store.add(
            tx, prefecture, generation, revision + 1, content, what[:80], by.id, at
        )
        found = await self.get(tx, prefecture, generation)
        if not added:
            raise _stale(found)
        await audit.record(
            tx,
            by=by,
            action="security.cloud.change",
            subject=f"{prefecture}-{generation}",
            facts={"revision": revision + 1, "what": what[:80]},
            at=at,
        )
        return found


def _stale(found: Version) -> StaleEditError:
    return StaleEditError(
        "開いている間に、ほかの人がこの記録を変更しました。今の内容を開き直し、変更を入れ直してください。",
        revision=found.revision,
    )


def ministry_handlers(clock: Clock) -> Handlers:
    """What the ministry does with reports on clouds."""

    async def receive(tx: Tx, batch: Sequence[Received]) -> None:
        for received in batch:
            body = decode(received.kind, received.version, received.body)
            if not isinstance(body, S07):
                raise InvalidMessageError("セキュリティクラウドの状況の電文ではありません。")
            await _keep(tx, received, body, clock)

    return {"S07": receive}


async def _keep(tx: Tx, received: Received, body: S07, clock: Clock) -> None:
    if received.origin != Party.prefecture(body.prefecture):
        raise NotYourBodyError(
            "ほかの都道府県のセキュリティクラウドの報告です。差出人の設定を確かめてください。"
        )
    cloud = checked(body, on=clock.today() + _AHEAD)
    await store.keep_report(
        tx,
        prefecture=body.prefecture,
        number=body.revision,
        generation=cloud.generation,
        content=body.content,
        message_id=received.id,
        reported_at=body.reported_at,
        received_at=clock.now(),
    )


def checked(body: S07, *, on: date) -> Cloud:
    """The state in a report.

    Raises:
        InvalidMessageError: it has another form, another prefecture's, or contradicts itself.
    """
    try:
        cloud = model.cloud_of(body.content)
        check(cloud, on=on)
    except (msgspec.ValidationError, msgspec.DecodeError, CloudRefusedError) as error:
        raise InvalidMessageError(
            "セキュリティクラウドの状況の内容が読めないか、内容に矛盾があります。"
            "都道府県に、画面から報告し直すよう依頼してください。"
        ) from error
    if cloud.prefecture != body.prefecture:
        raise NotYourBodyError("報告の都道府県と内容の都道府県が違います。")
    return cloud
