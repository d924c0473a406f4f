"""Calls of verifiers (検証者), of holders about their consents, and of operators about the lists."""

from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.jpki.authority import store as authority_store
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.status import serials, verifiers
from jichitai.jpki.status.bodies import (
    AuthorityItem,
    CertificateName,
    CertificateNames,
    CertificateStanding,
    CertificateStandings,
    ConsentQuestion,
    ConsentTaken,
    ConsentWish,
    Counterpart,
    CurrentItems,
    OtherCertificate,
    OwnConsent,
    Published,
    PublishReason,
    SignedConsent,
    authority_item,
    current_item,
    opened,
    other_item,
    own_items,
    question_item,
    standing_item,
    taken_item,
)
from jichitai.jpki.status.consent import service, store
from jichitai.jpki.status.publisher import Publisher
from jichitai.jpki.status.record import Roots
from jichitai.web.inject import Db, Given, LawClock, NodeKeys, Who
from jichitai.web.rights import PUBLIC, Role

_PROGRAM: Final = frozenset({Role.ORGAN_CLIENT})
_STATUS: Final[dict[str, Any]] = {"roles": _PROGRAM, "scope": "jpki.status"}
_ITEMS: Final[dict[str, Any]] = {"roles": _PROGRAM, "scope": "jpki.items"}
_HOLDER: Final[dict[str, Any]] = {"roles": frozenset({Role.RESIDENT})}
_OPERATOR: Final[dict[str, Any]] = {"roles": frozenset({Role.NETWORK_OPERATOR})}
_TAGS: Final = ["certificates"]
_CONSENTS: Final = ["consents"]


@post(
    "/api/v1/jpki/certificates/confirm",
    opt=_STATUS,
    status_code=200,
    summary="Confirm a certificate (有効性の確認)",
    tags=_TAGS,
)
async def confirm(
    data: JSONBody[CertificateName], principal: Who, db: Db, clock: LawClock
) -> CertificateStanding:
    """What is valid is remembered, so that the body may ask about it again later."""
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        return standing_item(await serials.confirm(tx, body, data.name, at=clock.now()))


@post(
    "/api/v1/jpki/certificates/standings",
    opt=_STATUS,
    status_code=200,
    summary="How certificates stand now (現況確認)",
    tags=_TAGS,
)
async def ask_again(
    data: JSONBody[CertificateNames], principal: Who, db: Db, clock: LawClock
) -> CertificateStandings:
    """For certificates that this body once found valid, up to 1,000 at once."""
    async with db.transaction(read_only=True) as tx:
        body = await verifiers.asking(tx, principal.organ())
        names = [one.name for one in data.certificates]
        told = await serials.ask_again(tx, body, names, at=clock.now())
    return CertificateStandings(certificates=[standing_item(one) for one in told])


@post(
    "/api/v1/jpki/certificates/successor",
    opt=_STATUS,
    status_code=200,
    summary="The certificate in the place of an old one (新旧シリアル番号の紐付け)",
    tags=_TAGS,
)
async def successor(
    data: JSONBody[CertificateName], principal: Who, db: Db, clock: LawClock
) -> OtherCertificate:
    """For signing certificates only with a consent of the holder to this body."""
    async with db.transaction(read_only=True) as tx:
        body = await verifiers.asking(tx, principal.organ())
        return other_item(await serials.successor(tx, body, data.name, at=clock.now()))


@post(
    "/api/v1/jpki/certificates/corresponding",
    opt=_STATUS,
    status_code=200,
    summary="The holder's other certificate (対応証明書の発行の番号)",
    tags=_TAGS,
)
async def corresponding(
    data: JSONBody[Counterpart], principal: Who, db: Db, clock: LawClock
) -> OtherCertificate:
    """Between card and phone, and between the two certificates of a card."""
    async with db.transaction(read_only=True) as tx:
        body = await verifiers.asking(tx, principal.organ())
        found = await serials.corresponding(
            tx, body, data.name, data.kind, data.medium, at=clock.now()
        )
    return other_item(found)


@post(
    "/api/v1/jpki/consents/requests",
    opt=_ITEMS,
    status_code=201,
    summary="Word a consent for the holder to sign",
    tags=_CONSENTS,
)
async def ask_for_consent(
    data: JSONBody[ConsentWish], principal: Who, db: Db, clock: LawClock
) -> ConsentQuestion:
    """The body sends `challenge` and `text` to the card agent with the purpose `signature`."""
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        asked = await service.ask(tx, body, data.items, data.until, clock=clock)
    return question_item(asked, body.origin)


@post(
    "/api/v1/jpki/consents",
    opt=_ITEMS,
    status_code=201,
    summary="Hand in a consent that the card has signed (同意)",
    tags=_CONSENTS,
)
async def take_consent(
    data: JSONBody[SignedConsent],
    principal: Who,
    db: Db,
    clock: LawClock,
    keys: NodeKeys,
    roots: Given[Roots],
) -> ConsentTaken:
    """A challenge is used up by the first attempt, whatever comes of it."""
    async with db.transaction(read_only=True) as tx:
        body = await verifiers.asking(tx, principal.organ())
    consent = await service.take(
        db,
        body,
        data.challenge,
        opened(data.signature, "signature"),
        opened(data.certificate, "certificate"),
        keys=keys,
        clock=clock,
        roots=roots,
        by=principal.actor,
    )
    return taken_item(consent)


@post(
    "/api/v1/jpki/consents/{consent_id:uuid}/items",
    opt=_ITEMS,
    status_code=200,
    summary="The items as they are now (最新の利用者情報)",
    tags=_CONSENTS,
)
async def current_items(
    consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock, keys: NodeKeys
) -> CurrentItems:
    """Every call leaves a record that the holder sees."""
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        found = await service.look_up(tx, body, consent_id, keys=keys, clock=clock)
    return current_item(found)


@post(
    "/api/v1/jpki/consents/{consent_id:uuid}/return",
    opt=_ITEMS,
    status_code=204,
    summary="Give a consent back that is needed no more",
    tags=_CONSENTS,
)
async def give_back(consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> None:
    """The body can ask no more; the holder sees that it ended."""
    async with db.transaction() as tx:
        body = await verifiers.asking(tx, principal.organ())
        await service.give_back(tx, body, consent_id, clock=clock, by=principal.actor)


@get("/api/v1/me/consents", opt=_HOLDER, summary="My consents", tags=_CONSENTS)
async def my_consents(principal: Who, db: Db, clock: LawClock) -> list[OwnConsent]:
    """Newest first, ended ones included."""
    async with db.transaction(read_only=True) as tx:
        found = await store.of_holder(tx, principal.person())
    return own_items(found, clock.today())


@post(
    "/api/v1/me/consents/{consent_id:uuid}/withdrawal",
    opt=_HOLDER,
    status_code=204,
    summary="Withdraw a consent (同意の取消し)",
    tags=_CONSENTS,
)
async def withdraw(consent_id: FromPath[UUID], principal: Who, db: Db, clock: LawClock) -> None:
    """From this moment on nothing is given under it."""
    async with db.transaction() as tx:
        person = principal.person()
        await service.withdraw(tx, person, consent_id, clock=clock, by=principal.actor)


@get(
    "/api/v1/jpki/authorities",
    opt={"roles": PUBLIC},
    summary="The certificate authorities, every generation",
    tags=_TAGS,
)
async def authorities(db: Db) -> list[AuthorityItem]:
    """The certificates themselves are at `/jpki/authorities/{authority}.cer`."""
    async with db.transaction(read_only=True) as tx:
        known = await authority_store.authorities(tx)
    return [authority_item(row) for row in known if row.kind is not AuthorityKind.CARD]


@post(
    "/api/v1/jpki/lists",
    opt=_OPERATOR,
    status_code=200,
    summary="Make the lists of revocations now",
    tags=_TAGS,
)
async def publish(
    data: JSONBody[PublishReason], principal: Who, publisher: Given[Publisher]
) -> Published:
    """Besides the daily ones, such as after a leak."""
    return Published(lists=await publisher.make_all(by=principal.actor, reason=data.reason))


ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    confirm,
    ask_again,
    successor,
    corresponding,
    ask_for_consent,
    take_consent,
    current_items,
    give_back,
    my_consents,
    withdraw,
    authorities,
    publish,
)
