"""受信: the ministry takes in what tiers state, and keeps it with its signed frame."""

from collections.abc import Sequence

from jichitai.evaluation.figures import evidence, store
from jichitai.evaluation.figures.catalogue import measure
from jichitai.evaluation.figures.errors import BadStatementError, NotYourMeasureError
from jichitai.evaluation.figures.model import Stated, first_stop
from jichitai.evaluation.messages import F01, Statement, decode
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.figures import Measure
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.infra.outbox import Outbox
from jichitai.jukinet.errors import InvalidMessageError
from jichitai.kernel.parties import MINISTRY, Party, Tier


def ministry_handlers(clock: Clock) -> Handlers:
    """What the ministry does with F01: everything of a batch in a few statements, or nothing."""

    async def receive(tx: Tx, batch: Sequence[Received]) -> None:
        now = clock.now()
        opened = [(message, _opened(message)) for message in batch]
        for message, body in opened:
            _check(message, body, clock)
            rows = [
                (str(message.origin), message.id, _stated(one, message.origin))
                for one in body.statements
            ]
            if await store.add(tx, rows, counted_at=body.counted_at, recorded_at=now) < len(rows):
                raise BadStatementError(
                    "同じ測定項目・同じ日の同じ版の集計が、前に届いています。送り元で新しい版として"
                    "数え直してください。"
                )
        covered = [
            (one.measure, str(message.origin), one.through, message.id)
            for message, body in opened
            for one in body.covered
        ]
        await store.cover(tx, covered, recorded_at=now)
        await evidence.keep(tx, batch, now)

    return {F01.kind: receive}


def prefecture_handlers(outbox: Outbox) -> Handlers:
    """What a prefecture does with F01: it passes on what its towns counted, signatures and all."""

    async def pass_on(tx: Tx, batch: Sequence[Received]) -> None:
        for message in batch:
            if first_stop(message.origin) != message.receiver:
                raise NotYourMeasureError(
                    "この都道府県の市区町村ではない機関の日次集計です。宛先の設定を確かめてください。",
                    origin=str(message.origin),
                )
        if batch:
            await outbox.forward(tx, by=batch[0].receiver, to=MINISTRY, messages=batch)

    return {F01.kind: pass_on}


def _opened(message: Received) -> F01:
    body = decode(message.kind, message.version, message.body)
    if not isinstance(body, F01):
        raise InvalidMessageError("日次集計の通知ではありません。", kind=message.kind)
    return body


def _check(message: Received, body: F01, clock: Clock) -> None:
    town = message.origin.tier is Tier.TOWN
    if message.sender != (first_stop(message.origin) if town else message.origin):
        raise BadStatementError(
            "市区町村の日次集計は都道府県を通して、ほかの機関のものは直接送ってください。"
        )
    today = clock.today()
    for covered in body.covered:
        _own(measure(covered.measure), message.origin)
        if covered.through >= today:
            raise _not_over()
    if any(one.day >= today for one in body.statements):
        raise _not_over()


def _not_over() -> BadStatementError:
    return BadStatementError(
        "終わっていない日の集計は受け取れません。日が終わってから送ってください。"
    )


def _own(found: Measure, origin: Party) -> None:
    if found.tier is not origin.tier:
        raise NotYourMeasureError(
            f"「{found.title}」は、この階層が数える測定項目ではありません。送り元の設定を確かめてください。",
            measure=found.key,
            origin=str(origin),
        )


def _stated(one: Statement, origin: Party) -> Stated:
    found = measure(one.measure)
    _own(found, origin)
    figures = {figure.parts: figure.value for figure in one.figures}
    if len(figures) < len(one.figures):
        raise BadStatementError("同じ内訳の数字が二つあります。送り元で直してください。")
    for parts in figures:
        if len(parts) != len(found.dimensions):
            raise BadStatementError(
                f"「{found.title}」の内訳は{len(found.dimensions)}個です。送り元で直してください。",
                measure=found.key,
            )
        if origin.tier in (Tier.TOWN, Tier.PREFECTURE) and parts[0] != origin.code:
            raise NotYourMeasureError(
                "ほかの団体の数字は送れません。送り元の設定を確かめてください。",
                measure=found.key,
                origin=str(origin),
            )
    if one.revision > 1 and not one.reason:
        raise BadStatementError("数え直した集計には理由が要ります。送り元で直してください。")
    return Stated(one.measure, one.day, one.revision, one.reason, figures)
