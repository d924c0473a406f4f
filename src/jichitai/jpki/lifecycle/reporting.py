"""失効申請・届出 (J03): holders and towns end certificates at the nation."""

from collections.abc import Sequence

from jichitai.infra.database import Tx
from jichitai.infra.messages import Received
from jichitai.jpki.errors import UnknownCertificateError
from jichitai.jpki.kinds import CertificateState, Medium
from jichitai.jpki.lifecycle import model, store
from jichitai.jpki.lifecycle.errors import NotResidentError, UnreportableCauseError
from jichitai.jpki.lifecycle.model import End
from jichitai.jpki.lifecycle.store import Ending, Row
from jichitai.jpki.lifecycle.watching import Told, end_and_tell
from jichitai.jpki.messages import J03, decode
from jichitai.jukinet.errors import InvalidMessageError, UnknownPersonError, WrongOriginError
from jichitai.jukinet.network import standing
from jichitai.jukinet.network.standing import StandingRecord
from jichitai.jukinet.node import Node
from jichitai.kernel.parties import Party


async def receive_reports(tx: Tx, node: Node, batch: Sequence[Received]) -> None:
    """End the certificates that towns report, and answer with J04.

    Raises:
        InvalidMessageError: content that is no J03.
        WrongOriginError: a town speaks for another one.
        UnknownPersonError: nobody has this 住民票コード.
        NotResidentError: neither the town of residence nor the one that issued.
        UnreportableCauseError: a cause that no town may report.
        UnknownCertificateError: the person has no such certificate in force.
    """
    for received in batch:
        body = decode(received.kind, received.version, received.body)
        if not isinstance(body, J03):
            raise InvalidMessageError("電子証明書の失効申請・届出ではありません。")
        if received.origin != Party.town(body.municipality):
            raise WrongOriginError(
                "署名した団体と、届出の市区町村が違います。", origin=str(received.origin)
            )
        await report(tx, node, body)


async def report(tx: Tx, node: Node, body: J03) -> None:
    """End what one report names.

    A certificate that is on hold can still be ended for good; the hold itself is never lifted. The
    same report again finds everything ended and is answered by nothing.

    Raises: see `receive_reports`.

    Source: 公的個人認証法 第9条, 第10条, 第28条, 第29条.
    """
    how = model.reported_end(body.cause)
    if how is None:
        raise UnreportableCauseError(
            "市区町村から届け出ることのできない失効の原因です。届出の内容を確かめてください。",
            cause=body.cause.value,
        )
    record = await standing.by_code(tx, node.keys, body.juki_code, lock=True)
    if record is None:
        raise UnknownPersonError(
            "この住民票コードの人の記録がありません。コードを確かめて送り直してください。"
        )
    now = node.clock.now()
    known = await store.in_force(tx, [record.person_id], now, states=tuple(CertificateState))
    mine = [row for row in known if _named(row, body)]
    _check(record, body, mine)
    told_at = min(body.at, now)
    endings = [
        Ending(row, how, told_at if row.state is CertificateState.VALID else now)
        for row in mine
        if _goes_on(row, how)
    ]
    told = {record.person_id: Told(record.municipality, record.identity.juki_code)}
    await end_and_tell(tx, node, endings, told)


def _named(row: Row, body: J03) -> bool:
    on_card = row.medium is Medium.CARD
    chip = body.chip_number is None or row.chip_number == body.chip_number
    return on_card and chip and row.kind in body.kinds


def _goes_on(row: Row, how: End) -> bool:
    """Whether the ending changes anything: nothing ends twice, and a hold is not put on anew."""
    if row.state is CertificateState.REVOKED:
        return False
    return row.state is CertificateState.VALID or how.state is CertificateState.REVOKED


def _check(record: StandingRecord, body: J03, mine: Sequence[Row]) -> None:
    if not mine:
        raise UnknownCertificateError(
            "この人には、届出のあった電子証明書がありません。種類と製造番号を確かめてください。"
        )
    concerned = {record.municipality, *(row.municipality for row in mine)}
    if body.municipality not in concerned:
        raise NotResidentError(
            "この人の住所地でも、電子証明書を発行した市区町村でもありません。"
            "住所地の市区町村から届け出てください。",
            municipality=body.municipality,
        )
