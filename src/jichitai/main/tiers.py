"""Which parts make which tier."""

from functools import partial
from importlib.resources import files
from pathlib import Path

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from jichitai.infra.broker import BrokerUnavailableError
from jichitai.infra.inbox import Handlers
from jichitai.infra.settings import Settings
from jichitai.jukinet import api as network_api
from jichitai.jukinet import worker
from jichitai.jukinet.node import Node as Network
from jichitai.kernel.parties import Tier
from jichitai.main.node import Loop, Node, messaging
from jichitai.register.api import routes as register_api
from jichitai.register.service.network import TownRegister
from jichitai.web import rights
from jichitai.web.app import create_app


def assemble(node: Node) -> tuple[Litestar, list[Loop]]:
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


def _town(node: Node) -> tuple[Litestar, list[Loop]]:
    network = _network(node)
    register = TownRegister(node.keys, node.clock)
    receiver, loops = messaging(node, worker.town_handlers(network, register))
    links = worker.LinkWorker(node.database, receiver, node.tier)
    towns = worker.TownWorker(node.database, network, register, node.settings.municipalities)
    return build_app(node), [*loops, towns.run, links.run]


def _prefecture(node: Node) -> tuple[Litestar, list[Loop]]:
    network = _network(node)
    receiver, loops = messaging(node, worker.prefecture_handlers(network))
    links = worker.LinkWorker(node.database, receiver, node.tier)
    return build_app(node), [*loops, links.run]


def _nation(node: Node) -> tuple[Litestar, list[Loop]]:
    network = _network(node)
    receiver, loops = messaging(node, worker.nation_handlers(network))
    links = worker.LinkWorker(node.database, receiver, node.tier)
    daily = worker.NationWorker(node.database, network)
    return build_app(node), [*loops, daily.run, links.run]


def _ministry(node: Node) -> tuple[Litestar, list[Loop]]:
    handlers: Handlers = {}
    _, loops = messaging(node, handlers)
    return build_app(node), loops


def _network(node: Node) -> Network:
    return Network(node.keys, node.outbox, node.clock)


def build_app(node: Node) -> Litestar:
    """The tier's application alone, without its workers."""
    return create_app(
        node.tier,
        node.settings,
        controllers=_routes(node.tier),
        db=node.database,
        clock=node.clock,
        keys=node.keys,
        rehearsal=node.settings.demo,
        templates=_templates(),
        checks={"broker": partial(_broker_answers, node)},
    )


def route_table(tier: Tier) -> list[str]:
    """A line per route: method, path, roles that may call it."""
    app = create_app(tier, Settings(tier=tier), controllers=_routes(tier), templates=_templates())
    return [
        f"{route.method:6} {route.path:60} {' '.join(sorted(route.roles))}"
        for route in rights.table(app)
    ]


def _routes(tier: Tier) -> list[ControllerRouterHandler]:
    match tier:
        case Tier.TOWN:
            return [*register_api.ROUTES, *network_api.TOWN_ROUTES]
        case Tier.PREFECTURE:
            return [*network_api.UPPER_ROUTES]
        case Tier.NATION:
            return [*network_api.UPPER_ROUTES]
        case Tier.MINISTRY:
            return []


def _templates() -> list[Path]:
    return [
        Path(str(files(name) / "templates")) for name in ("jichitai.register", "jichitai.jukinet")
    ]


async def _broker_answers(node: Node) -> None:
    if not node.broker.connected:
        raise BrokerUnavailableError("通知の中継との接続が切れています。")
