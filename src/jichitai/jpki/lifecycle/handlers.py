"""What the nation's node does with messages about certificates, for the composition root."""

from collections.abc import Sequence

from jichitai.infra.database import Tx
from jichitai.infra.inbox import Handlers
from jichitai.infra.messages import Received
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.lifecycle import reporting
from jichitai.jpki.lifecycle.issuing import Issuer
from jichitai.jukinet.node import Node


def nation_handlers(node: Node, vault: Vault) -> Handlers:
    """J01 and J03 at the nation.

    Args:
        node: the nation's.
        vault: of the authorities' keys; opened once a process.
    """
    issuer = Issuer(node, vault)

    async def receive_reports(tx: Tx, batch: Sequence[Received]) -> None:
        await reporting.receive_reports(tx, node, batch)

    return {"J01": issuer.receive_requests, "J03": receive_reports}
