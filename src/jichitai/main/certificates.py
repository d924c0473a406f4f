"""公的個人認証 in the tiers: what the nation and the towns are given of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.serialization import Encoding
from litestar.types import ControllerRouterHandler

from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.jpki.authority import store as authorities
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.authority.vault import Vault, open_vault
from jichitai.jpki.authority.worker import keep_responders
from jichitai.jpki.counter import api as counter_api
from jichitai.jpki.counter import desk_api
from jichitai.jpki.counter import worker as counter_work
from jichitai.jpki.counter.access import writings_of
from jichitai.jpki.counter.pages import routes as counter_pages
from jichitai.jpki.counter.service.told import Told
from jichitai.jpki.lifecycle import handlers as lifecycle
from jichitai.jpki.lifecycle.watching import Watcher
from jichitai.jpki.lifecycle.worker import lapse_all
from jichitai.jpki.phone import api as phone_api
from jichitai.jpki.phone import pages as phone_pages
from jichitai.jpki.phone import worker as phone_work
from jichitai.jpki.phone.issuing import Checks
from jichitai.jpki.phone.issuing import Desk as PhoneDesk
from jichitai.jpki.proofing import evidence
from jichitai.jpki.proofing import pages as proofing_pages
from jichitai.jpki.proofing import worker as proofing_work
from jichitai.jpki.proofing.service import Proofing
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.jpki.signin import routes as signin
from jichitai.jpki.signin import worker as signin_work
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.status import api as status_api
from jichitai.jpki.status import pages as status_pages
from jichitai.jpki.status import publication
from jichitai.jpki.status.record import RecordStatus
from jichitai.jpki.status.services import StatusServices
from jichitai.jpki.verification import api as verification_api
from jichitai.jukinet.node import Node as Network
from jichitai.main.node import Loop, Node, every

CARD_ROOTS: Final = "card-roots"
"""Folder beside the keys with the card centre's certificates (`card-1.cer`, …)."""

TOWN_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *counter_api.API_ROUTES,
    *desk_api.DESK_ROUTES,
    *counter_pages.PAGE_ROUTES,
    *proofing_pages.ROUTES,
)
NATION_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    *publication.ROUTES,
    *status_api.ROUTES,
    *status_pages.ROUTES,
    *signin.ROUTES,
    *phone_api.API_ROUTES,
    *phone_pages.PAGE_ROUTES,
    *verification_api.ROUTES,
)
TEMPLATES: Final[tuple[Path, ...]] = (
    counter_pages.TEMPLATES,
    proofing_pages.TEMPLATES,
    status_pages.TEMPLATES,
    signin.TEMPLATES,
    phone_pages.TEMPLATES,
)
Work = Callable[[], Awaitable[bool]]


def town_handlers(keys: Keys, clock: Clock) -> Handlers:
    """What a town does with messages about certificates."""
    return Told(writings_of(keys, clock)).handlers


def nation_handlers(network: Network, settings: Settings) -> Handlers:
    """What the nation does with messages about certificates."""
    return lifecycle.nation_handlers(network, open_vault(settings))


def watched(network: Network) -> Network:
    """The nation's node, whose certificates follow the record of persons."""
    return Network(network.keys, network.outbox, network.clock, watchers=(Watcher(network),))


def roots_folder(settings: Settings) -> Path:
    """Where the card centre's certificates are looked for."""
    return settings.key_directory / CARD_ROOTS


def proofing_of(node: Node) -> Proofing:
    """In-person proofing at a town; the card centre's certificates are read at each check."""
    return Proofing(
        keys=node.keys,
        clock=node.clock,
        origin=node.settings.origin,
        roots=partial(evidence.card_roots, roots_folder(node.settings)),
        agent=node.settings.card_agent,
    )


def town_loops(node: Node) -> list[Loop]:
    """What runs beside a town's pages of certificates and proofing."""
    sweep = partial(proofing_work.sweep, node.database)
    writings = writings_of(node.keys, node.clock)
    close = partial(counter_work.close_stale, node.database, writings)
    return [
        partial(every, 60.0, sweep, name="proofing-sweep"),
        partial(every, 600.0, close, name="stale-writings"),
    ]


async def keep_card_roots(tx: Tx, settings: Settings) -> None:
    """Put the card centre's certificates where this machine's checks of cards look for them."""
    folder = roots_folder(settings)
    for row in await authorities.authorities(tx):
        file = folder / f"{row.id}.cer"
        if row.kind is AuthorityKind.CARD and not file.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            scratch = file.with_suffix(".new")
            scratch.write_bytes(row.certificate.public_bytes(Encoding.DER))
            scratch.replace(file)


@dataclass(frozen=True, slots=True)
class NationCertificates:
    """Authorities, status services, sign-in and phones of one process of the nation."""

    node: Node
    vault: Vault
    status: StatusServices
    openid: Provider
    phones: PhoneDesk

    @classmethod
    def of(cls, node: Node) -> Self:
        """Open the vault and put the services together.

        Raises:
            VaultUnavailableError: the vault cannot be opened.
        """
        vault = open_vault(node.settings)
        status = StatusServices(node.database, node.clock, vault)
        origin = node.settings.origin

        async def checks(tx: Tx) -> Checks:
            return Checks(trust=await status.roots.trust(tx), status=RecordStatus(tx))

        return cls(
            node,
            vault,
            status,
            Provider(
                origin=origin, keys=node.keys, clock=node.clock, agent=node.settings.card_agent
            ),
            PhoneDesk(
                keys=node.keys,
                clock=node.clock,
                vault=vault,
                origin=origin,
                cards=checks,
                faces=partial(_photo, roots_folder(node.settings)),
            ),
        )

    @property
    def given(self) -> dict[str, object]:
        """What handlers name as arguments."""
        return {**self.status.given, "openid": self.openid, "phones": self.phones}

    @property
    def loops(self) -> list[Loop]:
        """Everything that runs beside the pages."""
        database, clock, outbox = self.node.database, self.node.clock, self.node.outbox
        network = Network(self.node.keys, outbox, clock)
        work: dict[str, tuple[float, Work]] = {
            "responders": (10.0, self._if_founded(self._keep_responders)),
            "phone-authority": (60.0, self._if_founded(self._keep_phones)),
            "phone-sweep": (60.0, partial(phone_work.sweep, database)),
            "card-roots": (60.0, self._keep_roots),
            "lapse": (2.0, partial(lapse_all, database, network)),
            **{
                name: (pause, self._if_founded(do))
                for name, (pause, do) in self.status.work.items()
            },
            **signin_work.works(database, self.openid),
        }
        timed = [partial(every, pause, do, name=name) for name, (pause, do) in work.items()]
        return [self.status.responder.follow, *timed]

    def _if_founded(self, work: Work) -> Work:
        """The work, once a key ceremony was held."""

        async def worked() -> bool:
            async with self.node.database.transaction(read_only=True) as tx:
                founded = bool(await authorities.authorities(tx))
            return await work() if founded else False

        return worked

    async def _keep_responders(self) -> bool:
        return await keep_responders(self.node.database, self.node.clock, self.vault)

    async def _keep_roots(self) -> bool:
        async with self.node.database.transaction(read_only=True) as tx:
            await keep_card_roots(tx, self.node.settings)
        return False

    async def _keep_phones(self) -> bool:
        origin = self.node.settings.origin
        return await phone_work.renew(
            self.node.database, self.vault, self.node.clock, origin, found=True
        )


def _photo(folder: Path, objects: FaceObjects, challenge: bytes) -> bytes:
    """The photo of a card's front, once everything that was read is found genuine."""
    roots = evidence.card_roots(folder)
    return evidence.check_faces(objects, roots=roots, challenge=challenge).photo
