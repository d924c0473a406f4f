"""What bodies hand in: taken where the body itself signed it, kept, and passed on upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.infra.clock import Clock
from jichitai.infra.database import ALL_TOWNS, Tx, enter_town
from jichitai.infra.inbox import Handler
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.kernel.bodies import body, prefecture_body
from jichitai.kernel.parties import MINISTRY, Party, Tier
from jichitai.security.errors import NotYourBodyError
from jichitai.security.messages import S01, S02, S05, S10, S11, decode
from jichitai.security.oversight.errors import NotAskedError
from jichitai.security.oversight.model.forms import form_of, must_fit
from jichitai.security.oversight.store import notices, reports, surveys

B = TypeVar("B", S01, S02, S05, S11)


@dataclass(frozen=True)
class Receiving:
    """The handlers of one tier."""

    clock: Clock
    outbox: Outbox

    async def policies(self, tx: Tx, batch: Sequence[Received]) -> None:
        """S01: where a policy stands."""
        came = await _taken(tx, batch, S01)
        await reports.add(
            tx, _key(batch), "policy", [(one.policy_id, one) for one in came], at=self.clock.now()
        )
        await self._pass_on(tx, batch)

    async def incidents(self, tx: Tx, batch: Sequence[Received]) -> None:
        """S02: an incident."""
        came = await _taken(tx, batch, S02)
        await reports.add(
            tx,
            _key(batch),
            "incident",
            [(one.incident_id, one) for one in came],
            at=self.clock.now(),
        )
        await self._pass_on(tx, batch)

    async def checks(self, tx: Tx, batch: Sequence[Received]) -> None:
        """S05: the counts of a self-check or audit."""
        came = await _taken(tx, batch, S05)
        await reports.add(
            tx, _key(batch), "check", [(one.check_id, one) for one in came], at=self.clock.now()
        )
        await self._pass_on(tx, batch)

    async def answers(self, tx: Tx, batch: Sequence[Received]) -> None:
        """S11: answers to a survey; a prefecture passes on those that it did not ask for."""
        came = await _taken(tx, batch, S11)
        key = _key(batch)
        own = {one.round_id for one in await surveys.rounds(tx, key)}
        asked = [one for one in came if key == MINISTRY_KEY or one.round_id in own]
        for one in asked:
            await self._keep_answer(tx, key, one)
        rest = [
            message for message, one in zip(batch, came, strict=True) if one.round_id not in own
        ]
        await self._pass_on(tx, rest)

    async def _keep_answer(self, tx: Tx, key: str, came: S11) -> None:
        found = await surveys.round_of(tx, key, came.round_id)
        if came.body not in await surveys.targets(tx, key, came.round_id):
            raise NotAskedError("この団体は調査の対象ではないため、回答を受け取っていません。")
        good = must_fit(form_of(found.form), came.answers)
        new = surveys.NewAnswer(
            body=came.body,
            answers=good,
            reason=came.reason,
            revision=came.revision,
            answered_at=came.answered_at,
        )
        await surveys.add_answers(tx, key, came.round_id, [new], via="message", at=self.clock.now())

    async def _pass_on(self, tx: Tx, batch: Sequence[Received]) -> None:
        """A prefecture passes its members' reports on, with their signatures."""
        if batch and batch[0].receiver.tier is Tier.PREFECTURE:
            by = batch[0].receiver
            await self.outbox.forward(tx, by=by, to=MINISTRY, messages=batch)

    async def requests(self, tx: Tx, batch: Sequence[Received]) -> None:
        """S10: what the ministry or the prefecture asks of a body."""
        await _see_bodies(tx, batch)
        came = []
        for received in batch:
            message = decode(received.kind, received.version, received.body)
            assert isinstance(message, S10)  # noqa: S101 - the kind says so
            code = _code_of(received.receiver)
            above = {MINISTRY, Party.prefecture(code[:2])}
            if message.body != code or received.origin not in above:
                raise NotYourBodyError(
                    "宛先の団体と内容の団体が違うか、依頼できない差出人からの通知です。受け取っていません。"
                )
            came.append((code, received.origin, message))
        await notices.add(tx, came, at=self.clock.now())


def _code_of(party: Party) -> str:
    return prefecture_body(party.code).code if party.tier is Tier.PREFECTURE else party.code


def _key(batch: Sequence[Received]) -> str:
    receiver = batch[0].receiver
    return receiver.code if receiver.tier is Tier.PREFECTURE else MINISTRY_KEY


async def _taken(tx: Tx, batch: Sequence[Received], kind: type[B]) -> list[B]:
    """The messages of a batch, each signed by the body that it is about.

    Raises:
        NotYourBodyError: another body signed it, or it is no member of the receiver.
        UnknownMunicipalityError: nobody has this code.
    """
    await _see_bodies(tx, batch)
    found = []
    known = {one.code: one for one in await reports.joint_bodies(tx)}
    for received in batch:
        message = decode(received.kind, received.version, received.body)
        assert isinstance(message, kind)  # noqa: S101 - the kind says so
        whose = known.get(message.body) or body(message.body)
        receiver = received.receiver
        member = receiver.tier is not Tier.PREFECTURE or whose.prefecture_code == receiver.code
        if received.origin != whose.party or not member:
            raise NotYourBodyError(
                "報告の団体と署名した団体が違うか、この都道府県の団体ではありません。受け取っていません。"
                "団体が自分の報告を送り直してください。",
                body=message.body,
                origin=str(received.origin),
            )
        found.append(message)
    return found


async def _see_bodies(tx: Tx, batch: Sequence[Received]) -> None:
    """At a prefecture the receiver's transaction names no body; its tables name theirs."""
    if batch[0].receiver.tier is Tier.PREFECTURE:
        await enter_town(tx, ALL_TOWNS)


def town_handlers(clock: Clock, outbox: Outbox) -> dict[str, Handler]:
    """What a town does with requests."""
    return {"S10": Receiving(clock, outbox).requests}


def prefecture_handlers(clock: Clock, outbox: Outbox) -> dict[str, Handler]:
    """What a prefecture does with its members' reports, and with requests to itself."""
    work = Receiving(clock, outbox)
    return {**ministry_handlers(clock, outbox), "S10": work.requests}


def ministry_handlers(clock: Clock, outbox: Outbox) -> dict[str, Handler]:
    """What the ministry does with reports."""
    work = Receiving(clock, outbox)
    return {"S01": work.policies, "S02": work.incidents, "S05": work.checks, "S11": work.answers}
