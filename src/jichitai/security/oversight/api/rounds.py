"""Calls for survey rounds."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.security.oversight.api.bodies import (
    ApplyBody,
    Done,
    EditionItem,
    Made,
    PreviewItem,
    PublishBody,
    RoundBody,
    RoundDetail,
    RoundItem,
)
from jichitai.security.oversight.api.overseers import (
    BASE,
    LARGEST_UPLOAD,
    TAGS,
    AnyRequest,
    Outgoing,
    Word,
    attached,
)
from jichitai.security.oversight.model.forms import form_of, tally
from jichitai.security.oversight.service.place import overseer_of
from jichitai.security.oversight.service.surveys import Asked, Surveys
from jichitai.security.oversight.store import surveys as store
from jichitai.security.oversight.store.surveys import Answer
from jichitai.web.inject import Db, LawClock, Who


def _asked(data: RoundBody) -> Asked:
    return Asked(
        title=data.title,
        purpose=data.purpose,
        form=data.form,
        as_of=data.as_of,
        due_on=data.due_on,
        denominator=data.denominator,
    )


async def rounds(principal: Who, db: Db) -> list[RoundItem]:
    """All survey rounds, newest first."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return [RoundItem.of(one) for one in await store.rounds(tx, by.key)]


async def make(
    data: JSONBody[RoundBody], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Made:
    """Draft a survey; nobody is asked yet."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        work = Surveys(clock, outbox)
        return Made(id=await work.save(tx, by, _asked(data), actor=principal.actor))


async def change(
    round_id: FromPath[UUID],
    data: JSONBody[RoundBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Made:
    """Change a draft."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        work = Surveys(clock, outbox)
        found = await work.save(tx, by, _asked(data), actor=principal.actor, round_id=round_id)
        return Made(id=found)


async def one_round(round_id: FromPath[UUID], principal: Who, db: Db) -> RoundDetail:
    """A round with its form, the newest answer of each body, and who has not answered."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        found = await store.round_of(tx, by.key, round_id)
        last = await store.answers(tx, by.key, round_id)
        asked = await store.targets(tx, by.key, round_id)
    form = form_of(found.form)
    return RoundDetail(
        survey=RoundItem.of(found),
        form=form,
        tally=tally(form, (one.answers for one in last.values())),
        answers=list(last.values()),
        missing=[code for code in asked if code not in last],
    )


async def open_round(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Done:
    """Ask: every body of the denominator gets the form in its inbox."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        asked = await Surveys(clock, outbox).open(tx, by, round_id, actor=principal.actor)
    return Done(bodies=asked)


async def close_round(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> RoundItem:
    """Close; answers that come later are kept too."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        await Surveys(clock, outbox).close(tx, by, round_id, actor=principal.actor)
        return RoundItem.of(await store.round_of(tx, by.key, round_id))


async def files(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """A spreadsheet for each body, with its last answers, in one archive."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        data = await Surveys(clock, outbox).archive(tx, by, round_id)
    return attached(data, "survey-files.zip", "application/zip")


async def table(
    round_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, outbox: Outgoing
) -> Response[bytes]:
    """All answers in the same layout."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        return attached(await Surveys(clock, outbox).table(tx, by, round_id), "answers.xlsx")


async def past(
    round_id: FromPath[UUID], code: FromPath[str], principal: Who, db: Db
) -> list[Answer]:
    """Every answer of one body, newest first."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        await by.body(tx, code)
        return await store.past_answers(tx, by.key, round_id, code)


async def take(
    request: AnyRequest,
    round_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
    name: Word = "answers.xlsx",
) -> PreviewItem:
    """Read a filled-in spreadsheet or an archive (the request's body); nothing is written yet."""
    data = await request.body()
    by, work = overseer_of(principal), Surveys(clock, outbox)
    async with by.transaction(db) as tx:
        upload = await work.take(tx, by, round_id, data, name=name, actor=principal.actor)
        return PreviewItem.of(await work.preview(tx, by, round_id, upload), upload)


async def preview(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> PreviewItem:
    """What a file would write, and every fault with its cell and remedy."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        found = await Surveys(clock, outbox).preview(tx, by, round_id, upload_id)
    return PreviewItem.of(found, upload_id)


async def marked(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Response[bytes]:
    """The faulty rows as a spreadsheet that says what to do."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        data = await Surveys(clock, outbox).marked(tx, by, round_id, upload_id)
    return attached(data, "to-correct.xlsx")


async def apply(
    round_id: FromPath[UUID],
    upload_id: FromPath[UUID],
    data: JSONBody[ApplyBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> Done:
    """Write the right rows; earlier answers stay."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        done = await Surveys(clock, outbox).apply(
            tx, by, round_id, upload_id, repaired=data.repaired, actor=principal.actor
        )
    return Done(bodies=done)


async def publish(
    round_id: FromPath[UUID],
    data: JSONBody[PublishBody],
    principal: Who,
    db: Db,
    clock: LawClock,
    outbox: Outgoing,
) -> EditionItem:
    """Publish the result as it stands; a correction keeps the earlier edition with its reason."""
    by = overseer_of(principal)
    async with by.transaction(db) as tx:
        await Surveys(clock, outbox).publish(
            tx, by, round_id, reason=data.reason, actor=principal.actor
        )
        newest, *_ = await store.publications(tx, by.key, round_id)
    return EditionItem.of(newest)


async def editions(round_id: FromPath[UUID], principal: Who, db: Db) -> list[EditionItem]:
    """The published editions, newest first."""
    by = overseer_of(principal)
    async with by.transaction(db, read_only=True) as tx:
        await store.round_of(tx, by.key, round_id)
        return [EditionItem.of(one) for one in await store.publications(tx, by.key, round_id)]


def round_routes(roles: frozenset[str]) -> list[ControllerRouterHandler]:
    """The calls of one tier, for these roles."""
    opt = {"roles": roles}
    surveys, one = f"{BASE}/surveys", f"{BASE}/surveys/{{round_id:uuid}}"
    upload = f"{one}/uploads/{{upload_id:uuid}}"

    def reading(path: str, summary: str) -> Any:
        return get(path, opt=opt, summary=summary, tags=TAGS)

    def doing(path: str, summary: str, status: int = 200, **options: Any) -> Any:
        return post(path, opt=opt, summary=summary, tags=TAGS, status_code=status, **options)

    return [
        reading(surveys, "Survey rounds (調査)")(rounds),
        doing(surveys, "Draft a survey", 201)(make),
        put(one, opt=opt, summary="Change a draft", tags=TAGS)(change),
        reading(one, "One round with its answers")(one_round),
        doing(f"{one}/open", "Ask the bodies")(open_round),
        doing(f"{one}/close", "Close a round")(close_round),
        reading(f"{one}/files.zip", "A spreadsheet for each body")(files),
        reading(f"{one}/answers.xlsx", "All answers as a spreadsheet")(table),
        reading(f"{one}/answers/{{code:str}}", "Every answer of one body")(past),
        doing(
            f"{one}/uploads",
            "Read filled-in spreadsheets",
            201,
            request_max_body_size=LARGEST_UPLOAD,
        )(take),
        reading(upload, "What a file would write")(preview),
        reading(f"{upload}/marked.xlsx", "The faulty rows with what to do")(marked),
        doing(f"{upload}/apply", "Write what was read")(apply),
        doing(f"{one}/publications", "Publish the result", 201)(publish),
        reading(f"{one}/publications", "The published editions")(editions),
    ]
