"""What bodies answered, at their own tier and at their prefecture's: only answers that were sent."""

from datetime import date, datetime

from jichitai.infra.database import Database, Tx
from jichitai.kernel.bodies import all_bodies, prefecture_body
from jichitai.standardisation.progress.model import Dataset, MeasureKind, SourceKind
from jichitai.standardisation.survey.bodies import store as own
from jichitai.standardisation.survey.bodies.store import Request
from jichitai.standardisation.survey.checking import store as members
from jichitai.standardisation.views.asking import Asked
from jichitai.standardisation.views.errors import NotShownHereError
from jichitai.standardisation.views.standing import Told, published


async def told_of_own(db: Database, code: str, asked: Asked) -> Told:
    """What is published of a body, or what it answered.

    Raises:
        NotShownHereError: asked for a rehearsal, whose data stand at the ministry only.
    """
    if _published(asked):
        return published([code], asked.known_at)
    async with db.transaction(town=code, read_only=True) as tx:
        return await own_answers(tx, code, on=asked.on, known_at=asked.known_at)


async def told_of_members(db: Database, prefecture: str, asked: Asked, *, code: str = "") -> Told:
    """What is published of the bodies of a prefecture, or what they answered.

    Args:
        db: of the prefecture.
        prefecture: its two digits.
        asked: whose figures, known when.
        code: of the only body that is asked about, or empty.

    Raises:
        NotShownHereError: asked for a rehearsal, whose data stand at the ministry only.
    """
    if _published(asked):
        every = [one.code for one in all_bodies() if one.prefecture_code == prefecture]
        codes = [code] if code else every
        return published(codes, asked.known_at)
    async with db.transaction(all_towns=True, read_only=True) as tx:
        return await member_answers(tx, prefecture, on=asked.on, known_at=asked.known_at)


def _published(asked: Asked) -> bool:
    if asked.source is SourceKind.REHEARSAL:
        raise NotShownHereError(
            "演習のデータは総務省のページにだけあります。ここでは公表資料か団体の回答を選んでください。"
        )
    return asked.source is SourceKind.OPEN


def newest(told: Told) -> Told:
    """The newest data set of each measure: bodies of a list are told of by the same ones."""
    ordered = sorted(told, key=lambda pair: (pair[0].as_of, pair[0].recorded_at))
    last = {kind: pair for pair in ordered for kind in pair[0].holds}
    return [pair for pair in ordered if any(pair is one for one in last.values())]


async def own_answers(tx: Tx, code: str, *, on: date, known_at: datetime) -> Told:
    """What a body sent to each round up to a day, as it was known at a moment."""
    found = []
    for one in await own.requests(tx, code):
        if one.as_of > on or not one.sent:
            continue
        sent = await own.sent_answers(tx, code, one.round_id)
        last = next((answer for answer in sent if answer.answered_at <= known_at), None)
        if last is not None:
            found.append((_dataset(one, last.answered_at), {code: last.report}))
    return found


async def member_answers(tx: Tx, prefecture: str, *, on: date, known_at: datetime) -> Told:
    """What the members of a prefecture, and itself, sent to each round up to a day."""
    code = prefecture_body(prefecture).code
    told = {
        dataset.dataset_id: reports
        for dataset, reports in await own_answers(tx, code, on=on, known_at=known_at)
    }
    found = []
    for one in await own.requests(tx, code):
        if one.as_of > on:
            continue
        newest = await members.newest(tx, prefecture, one.round_id)
        came = {key: answer for key, answer in newest.items() if answer.answered_at <= known_at}
        reports = {key: answer.report for key, answer in came.items()}
        dataset = _dataset(one, max((a.answered_at for a in came.values()), default=one.sent_at))
        found.append((dataset, {**reports, **told.get(dataset.dataset_id, {})}))
    return found


def _dataset(one: Request, at: datetime) -> Dataset:
    return Dataset(
        dataset_id=f"round-{one.round_id}",
        title=one.subject,
        source_kind=SourceKind.SURVEY,
        as_of=one.as_of,
        recorded_at=at,
        holds=frozenset(MeasureKind),
        source="団体の回答",
        confidence="reported",
    )
