"""Which parts make which tier.

The parts that only some tiers have, and that take long to import, are imported where they run.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from pathlib import Path

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from jichitai.evaluation import shell as evaluation_shell
from jichitai.infra.broker import BrokerUnavailableError
from jichitai.infra.clock import Clock
from jichitai.infra.inbox import Handlers
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.jpki.counter.pages.shell import card_shell
from jichitai.jukinet import api as network_api
from jichitai.jukinet import tree_heads, worker
from jichitai.jukinet.disclosure import service as disclosure
from jichitai.jukinet.disclosure import worker as log_work
from jichitai.jukinet.disclosure.api import disclosure_routes
from jichitai.jukinet.node import Node as Network
from jichitai.jukinet.pages import routes as network_pages
from jichitai.jukinet.pages.places import ministry_shell, nation_shell
from jichitai.jukinet.provision.api import provision_routes, quick_calls
from jichitai.jukinet.provision.service import Provision
from jichitai.jukinet.town import api as town_api
from jichitai.kernel.parties import Tier
from jichitai.main import domains
from jichitai.main.home import home
from jichitai.main.node import Assembled, Loop, Node, every, messaging
from jichitai.register.api import routes as register_api
from jichitai.register.pages import routes as register_pages
from jichitai.register.service.network import TownRegister
from jichitai.security import shell as security_shell
from jichitai.standardisation import shell as migration_shell
from jichitai.web import rights
from jichitai.web.app import create_app
from jichitai.web.frame import ShellMaker


def assemble(node: Node) -> Assembled:
    """The application and the workers of a tier's process."""
    match node.tier:
        case Tier.TOWN:
            return _town(node)
        case Tier.PREFECTURE:
            return _prefecture(node)
        case Tier.NATION:
            return _nation(node)
        case Tier.MINISTRY:
            return _ministry(node)


def handlers(settings: Settings, keys: Keys, outbox: Outbox, clock: Clock) -> Handlers:
    """What a tier does with each kind of message.

    Args:
        settings: of the process; they name the tier.
        keys: the tier's keys.
        outbox: where their answers go.
        clock: law time.
    """
    network = Network(keys, outbox, clock)
    match settings.tier:
        case Tier.TOWN:
            from jichitai.main import certificates

            return {
                **worker.town_handlers(network, TownRegister(keys, clock)),
                **certificates.town_handlers(keys, clock),
                **domains.handlers(Tier.TOWN, clock, outbox),
            }
        case Tier.PREFECTURE:
            return {
                **worker.prefecture_handlers(network),
                "T01": tree_heads.prefecture_handler(clock),
                **domains.handlers(Tier.PREFECTURE, clock, outbox),
            }
        case Tier.NATION:
            from jichitai.main import certificates

            return {
                **worker.nation_handlers(certificates.watched(network)),
                **certificates.nation_handlers(network, settings),
                **domains.handlers(Tier.NATION, clock, outbox),
            }
        case Tier.MINISTRY:
            return {
                "P01": disclosure.ministry_handler(clock),
                **domains.handlers(Tier.MINISTRY, clock, outbox),
            }


def _handlers(node: Node) -> Handlers:
    return handlers(node.settings, node.keys, node.outbox, node.clock)


def _town(node: Node) -> Assembled:
    from jichitai.main import certificates

    network = _network(node)
    register = TownRegister(node.keys, node.clock)
    receiver, loops = messaging(node, _handlers(node))
    links = worker.LinkWorker(node.database, receiver, node.tier)
    towns = worker.TownWorker(
        node.database,
        network,
        register,
        node.settings.municipalities,
        digest_hour=node.settings.digest_hour,
    )
    app = build_app(node, proofing=certificates.proofing_of(node), **domains.given(node))
    work = [*certificates.town_loops(node), *domains.loops(node)]
    return Assembled(app, [*loops, towns.run, links.run, *work])


def _prefecture(node: Node) -> Assembled:
    receiver, loops = messaging(node, _handlers(node))
    links = worker.LinkWorker(node.database, receiver, node.tier)
    app = build_app(node, **domains.given(node))
    return Assembled(app, [*loops, links.run, *domains.loops(node)])


def _nation(node: Node) -> Assembled:
    from jichitai.jpki.signin import routes as signin
    from jichitai.main.certificates import NationCertificates

    network = _network(node)
    receiver, loops = messaging(node, _handlers(node))
    provision = Provision(node.database, node.keys, node.clock, largest=node.settings.group_commit)
    links = worker.LinkWorker(node.database, receiver, node.tier)
    daily = worker.NationWorker(node.database, network)
    certified = NationCertificates.of(node)
    app = build_app(
        node, provision=provision, receiver=receiver, **domains.given(node), **certified.given
    )
    app.state.sign_in_ways = (signin.WAY,)
    work = [*_disclosure(node), *certified.loops, *domains.loops(node)]
    own = [provision.run, daily.run, links.run]
    return Assembled(app, [*loops, *work, *own], certified.status.direct)


def _ministry(node: Node) -> Assembled:
    _, loops = messaging(node, _handlers(node))
    app = build_app(node, **domains.given(node))
    return Assembled(app, [*loops, *domains.loops(node)])


def _disclosure(node: Node) -> list[Loop]:
    """The nation's timed work on the log and the counts, each with its pause in seconds."""
    database, keys, outbox, clock = node.database, node.keys, node.outbox, node.clock
    work: dict[str, tuple[float, Callable[[], Awaitable[bool]]]] = {
        "heads": (10.0, partial(log_work.publish_head, database, keys, outbox, clock)),
        "counts": (2.0, partial(log_work.roll_up, database)),
        "report": (30.0, partial(log_work.report_counts, database, outbox, clock)),
        "months": (3600.0, partial(log_work.make_months, database, clock)),
    }
    return [partial(every, pause, do, name=name) for name, (pause, do) in work.items()]


def _network(node: Node) -> Network:
    return Network(node.keys, node.outbox, node.clock)


def build_app(node: Node, **services: object) -> Litestar:
    """The tier's application alone, without its workers.

    Args:
        node: what the process stands on.
        **services: what handlers name as arguments.
    """
    provision = services.get("provision")
    return create_app(
        node.tier,
        node.settings,
        controllers=[home, *_routes(node.tier)],
        db=node.database,
        clock=node.clock,
        keys=node.keys,
        rehearsal=node.settings.demo,
        shell=_SHELLS.get(node.tier),
        templates=_templates(node.tier),
        checks={"broker": partial(_broker_answers, node)},
        dependencies={name: _given(service) for name, service in services.items()},
        quick=quick_calls(provision) if isinstance(provision, Provision) else (),
    )


def route_table(tier: Tier) -> list[str]:
    """A line per route: method, path, roles that may call it."""
    app = create_app(
        tier,
        Settings(tier=tier),
        controllers=[home, *_routes(tier)],
        templates=_templates(tier),
        dependencies={name: _given(None) for name in (*_GIVEN, *domains.GIVEN)},
    )
    return [
        f"{route.method:6} {route.path:60} {' '.join(sorted(route.roles))}"
        for route in rights.table(app)
    ]


def _given(service: object) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


def _routes(tier: Tier) -> list[ControllerRouterHandler]:
    match tier:
        case Tier.TOWN:
            from jichitai.main import certificates

            return [
                *register_api.ROUTES,
                *register_pages.ROUTES,
                *town_api.ROUTES,
                *certificates.TOWN_ROUTES,
                *domains.routes(tier),
            ]
        case Tier.PREFECTURE:
            return [*network_api.UPPER_ROUTES, *domains.routes(tier)]
        case Tier.NATION:
            from jichitai.main import certificates

            return [
                *network_api.UPPER_ROUTES,
                *provision_routes(),
                *disclosure_routes(),
                *network_pages.nation_pages(),
                *certificates.NATION_ROUTES,
                *domains.routes(tier),
            ]
        case Tier.MINISTRY:
            return [*network_pages.ministry_pages(), *domains.routes(tier)]


_GIVEN = (
    "provision",
    "receiver",
    "responder",
    "publisher",
    "roots",
    "openid",
    "phones",
    "proofing",
)
"""Names under which handlers ask for services."""

_SHELLS: dict[Tier, ShellMaker] = {
    Tier.TOWN: migration_shell.body_shell(security_shell.body_shell(card_shell)),
    Tier.PREFECTURE: migration_shell.body_shell(
        security_shell.body_shell(security_shell.prefecture_shell)
    ),
    Tier.NATION: nation_shell,
    Tier.MINISTRY: evaluation_shell.ministry_shell(
        migration_shell.ministry_shell(security_shell.ministry_shell(ministry_shell))
    ),
}

_TEMPLATES = [
    Path(str(files(name) / "templates")) for name in ("jichitai.register", "jichitai.jukinet")
]


def _templates(tier: Tier) -> list[Path]:
    if tier is Tier.NATION:
        from jichitai.main import certificates

        return [*_TEMPLATES, *certificates.TEMPLATES, *domains.templates(tier)]
    own = domains.templates(tier)
    if tier is Tier.TOWN:
        from jichitai.main import certificates

        return [*_TEMPLATES, *certificates.TEMPLATES, *own]
    return [*_TEMPLATES, *own]


async def _broker_answers(node: Node) -> None:
    if not node.broker.connected:
        raise BrokerUnavailableError("通知の中継との接続が切れています。")
