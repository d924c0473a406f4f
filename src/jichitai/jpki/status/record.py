"""What the authority itself knows: its roots, and how a certificate stands in its own table."""

from datetime import datetime
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jpki.authority import store
from jichitai.jpki.authority.model import AuthorityState, CertificateRecord
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.kinds import CertificateState, Reason
from jichitai.jpki.verifier.model import Confirmation, Subject
from jichitai.jpki.verifier.refusals import (
    HeldError,
    RevokedError,
    StatusUnreachableError,
    UnknownStatusError,
)
from jichitai.jpki.verifier.trust import Trust


class Roots:
    """The authorities' certificates as trust stores, made anew only when there are others."""

    def __init__(self) -> None:
        self._known = ""
        self._trust: Trust | None = None

    async def trust(self, tx: Tx) -> Trust:
        """Both stores with every generation but compromised ones.

        Raises:
            StatusUnreachableError: there is no authority yet.
        """
        mark = await store.fingerprint(tx)
        if self._trust is None or mark != self._known:
            certificates = {
                row.id: row.certificate
                for row in await store.authorities(tx)
                if row.kind is not AuthorityKind.CARD
                and row.state is not AuthorityState.COMPROMISED
            }
            if not certificates:
                raise StatusUnreachableError(
                    "認証局がまだないため、電子証明書を確かめられません。鍵生成式を済ませてから"
                    "使ってください。"
                )
            self._known, self._trust = mark, Trust.of(certificates)
        return self._trust


class RecordStatus:
    """Confirms certificates by the authority's own table, as of one transaction.

    Args:
        tx: of the nation.
    """

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._found: dict[tuple[str, int], CertificateRecord] = {}

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Refuse what is revoked, held or unknown.

        Raises:
            RevokedError, HeldError, UnknownStatusError: it is not good.
        """
        found = await store.state_of(self._tx, subject.authority, subject.serial)
        if found is None:
            raise UnknownStatusError(
                "この発行の番号の電子証明書を発行した記録がありません。読み取った電子証明書を"
                "確かめてください。"
            )
        if found.state is CertificateState.HELD:
            raise HeldError(
                "この電子証明書は一時停止されています。一時停止は解除できません。市区町村の窓口で"
                "新しい電子証明書の発行を申請してください。"
            )
        if found.state is CertificateState.REVOKED:
            reason = found.reason or Reason.UNSPECIFIED
            raise RevokedError(
                f"この電子証明書は失効しています（{reason.japanese}）。市区町村の窓口で新しい"
                "電子証明書の発行を申請してください。",
                reason=str(reason),
            )
        self._found[subject.authority, subject.serial] = found
        return Confirmation(source="record", this_update=at, next_update=at)

    def holder(self, subject: Subject) -> UUID:
        """Whose certificate it is, once it was confirmed."""
        return self._found[subject.authority, subject.serial].person_id
