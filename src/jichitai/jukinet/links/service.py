"""切断 and its return: two operators and the town's name, typed."""

import unicodedata
from collections.abc import Sequence
from typing import Literal, TypeAlias
from uuid import UUID, uuid4

from jichitai.infra import audit, links
from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.infra.links import Link
from jichitai.infra.messages import Received
from jichitai.jukinet.errors import (
    InvalidMessageError,
    LinkStateError,
    SamePersonError,
    UnknownRequestError,
    UnknownTownError,
    WrongOriginError,
    WrongTownNameError,
)
from jichitai.jukinet.links import store
from jichitai.jukinet.links.store import LinkRequest
from jichitai.jukinet.messages import L01, decode
from jichitai.jukinet.network.scope import Scope
from jichitai.jukinet.node import Node
from jichitai.kernel.errors import JichitaiError
from jichitai.kernel.municipalities import Kind, Municipality, municipality
from jichitai.kernel.parties import NATION, Party, Tier

Action: TypeAlias = Literal["cut", "return"]
_WORDS = {"cut": "切断", "return": "復帰"}


async def request(
    tx: Tx, node: Node, scope: Scope, code: str, action: Action, *, reason: str, by: Actor
) -> UUID:
    """Ask for the 切断 of a town's link, or for its return; another operator must confirm.

    Args:
        tx: of prefecture or nation.
        node: this process.
        scope: who cuts.
        code: the town.
        action: cut or return.
        reason: for the record and for the town.
        by: the operator who asks.

    Raises:
        UnknownTownError: no such town here.
        LinkStateError: the link is in that state already, or a request is waiting.
        WrongTownNameError: no reason was given.
    """
    _town(scope, code)
    if not reason.strip():
        raise WrongTownNameError(f"{_WORDS[action]}の理由を入力してください。記録に残ります。")
    link = await links.state_of(tx, Party.town(code))
    if (link is not None and link.is_cut) == (action == "cut"):
        raise LinkStateError(
            "既に切断されています。"
            if action == "cut"
            else "切断されていないため、復帰は不要です。",
            municipality=code,
        )
    request_id, at = uuid4(), node.clock.now()
    wanted = LinkRequest(request_id, code, action, reason.strip(), by.id, at, "waiting")
    if not await store.add(tx, scope, wanted):
        raise LinkStateError(
            "この団体には確認を待つ要求があります。先にそれを確認するか、取り下げてください。",
            municipality=code,
        )
    await audit.record(
        tx,
        by=by,
        action=f"jukinet.link.{action}-request",
        subject=f"town-{code}",
        reason=reason,
        at=at,
    )
    return request_id


async def confirm(
    tx: Tx, node: Node, scope: Scope, code: str, *, typed_name: str, by: Actor
) -> LinkRequest:
    """Carry out the waiting request of a town: its messages are held back, or flow again.

    Args:
        tx: of prefecture or nation.
        node: this process.
        scope: who cuts.
        code: the town.
        typed_name: the town's name as the confirming operator typed it.
        by: another operator than the one who asked.

    Raises:
        UnknownRequestError: nothing waits for this town.
        SamePersonError: the operator asked for it.
        WrongTownNameError: the name typed is not the town's.
    """
    town = _town(scope, code)
    waiting = await store.waiting(tx, scope, code)
    if waiting is None:
        raise UnknownRequestError("この団体に確認を待つ要求はありません。一覧を更新してください。")
    if waiting.requested_by == by.id:
        raise SamePersonError("要求した本人は確認できません。別の運用担当者が確認してください。")
    if _plain(typed_name) not in (_plain(town.name), _plain(town.full_name)):
        raise WrongTownNameError(
            "入力した団体名が対象の団体名と一致しません。対象を確かめ、団体名を正確に入力してください。",
            municipality=code,
        )
    at = node.clock.now()
    await store.decide(tx, scope, waiting.request_id, "confirmed", by=by.id, at=at)
    notice = L01(
        municipality=code,
        state="cut" if waiting.action == "cut" else "open",
        reason=waiting.reason,
        asked_by=waiting.requested_by,
        confirmed_by=by.id,
        at=at,
    )
    await links.set_state(tx, _link(notice))
    other = Party.prefecture(code[:2]) if scope.is_nation else NATION
    await node.send(tx, scope.party, other, notice)
    await node.send(tx, scope.party, Party.town(code), notice)
    await audit.record(
        tx,
        by=by,
        action=f"jukinet.link.{waiting.action}-confirm",
        subject=f"town-{code}",
        reason=waiting.reason,
        facts={"requested_by": waiting.requested_by},
        at=at,
    )
    return waiting


async def withdraw(tx: Tx, node: Node, scope: Scope, code: str, *, by: Actor) -> None:
    """Take a waiting request back.

    Raises:
        UnknownRequestError: nothing waits for this town.
    """
    waiting = await store.waiting(tx, scope, code)
    if waiting is None:
        raise UnknownRequestError("この団体に確認を待つ要求はありません。一覧を更新してください。")
    at = node.clock.now()
    await store.decide(tx, scope, waiting.request_id, "withdrawn", by=by.id, at=at)
    await audit.record(tx, by=by, action="jukinet.link.withdraw", subject=f"town-{code}", at=at)


async def receive(tx: Tx, batch: Sequence[Received]) -> None:
    """Follow 切断・復帰の通知 (L01) of the nation or the town's prefecture.

    Raises:
        WrongOriginError: neither of them sent it.
    """
    for received in batch:
        body = decode(received.kind, received.version, received.body)
        if not isinstance(body, L01):
            raise InvalidMessageError("切断・復帰の通知ではありません。")
        if received.origin not in (NATION, Party.prefecture(body.municipality[:2])):
            raise WrongOriginError(
                "切断と復帰は機構または所管の都道府県だけが通知できます。",
                origin=str(received.origin),
            )
        if received.receiver.tier is Tier.TOWN and received.receiver.code != body.municipality:
            raise WrongOriginError("別の市区町村の切断通知です。", receiver=str(received.receiver))
        await links.set_state(tx, _link(body))


def _link(notice: L01) -> Link:
    return Link(
        party=str(Party.town(notice.municipality)),
        state=notice.state,
        since=notice.at,
        reason=notice.reason,
        asked_by=notice.asked_by,
        confirmed_by=notice.confirmed_by,
    )


def _town(scope: Scope, code: str) -> Municipality:
    try:
        found = municipality(code)
    except JichitaiError:
        found = None
    if (
        found is None
        or found.kind is Kind.PREFECTURE
        or not (scope.is_nation or code[:2] == scope.party.code)
    ):
        raise UnknownTownError("該当する市区町村がありません。団体コードを確かめてください。")
    return found


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
