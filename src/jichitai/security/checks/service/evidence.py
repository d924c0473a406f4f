"""Evidence (根拠資料): a file, or the place where a paper is kept, with the days it is good for."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import PurePath
from uuid import UUID, uuid4

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.security.checks.errors import CheckFormError, WrongStepError
from jichitai.security.checks.model.files import file_kind
from jichitai.security.checks.store import evidence
from jichitai.security.checks.store.evidence import EvidenceRow
from jichitai.security.errors import UnknownDocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Evidence about to be added.

    Attributes:
        title: what it shows.
        valid_from: from when it is good; today when None.
        valid_until: last day; None when it has none.
        place: where a paper is kept, when it is not kept here.
        file_name: of the file.
        content: of the file; None when only the place is kept.
    """

    title: str
    valid_from: date | None = None
    valid_until: date | None = None
    place: str = ""
    file_name: str = ""
    content: bytes | None = None


class Evidence:
    """Keep evidence, and take it back."""

    def __init__(self, clock: Clock) -> None:
        """Take law time."""
        self._clock = clock

    async def add(self, tx: Tx, body: str, shown: Shown, *, by: Actor) -> UUID:
        """Keep evidence.

        Raises:
            CheckFormError: a field does not hold.
            BadUploadError: the file cannot be kept.

        Source: ガイドライン 対策基準 9.1(6).
        """
        start = shown.valid_from or self._clock.today()
        _check(shown, start)
        kind = None if shown.content is None else file_kind(shown.content)
        evidence_id = uuid4()
        await evidence.add(
            tx,
            {
                "municipality": body,
                "evidence_id": evidence_id,
                "title": shown.title.strip(),
                "place": shown.place.strip(),
                "file_name": None if kind is None else _name(shown, kind.suffix),
                "media_type": None if kind is None else kind.media_type,
                "size": None if shown.content is None else len(shown.content),
                "sha256": None if shown.content is None else sha256(shown.content).hexdigest(),
                "content": shown.content,
                "valid_from": start,
                "valid_until": shown.valid_until,
                "added_by": by.id,
                "added_by_name": by.display,
                "added_at": self._clock.now(),
            },
        )
        await audit.record(tx, by=by, action="security.check.evidence", subject=str(evidence_id))
        return evidence_id

    async def withdraw(
        self, tx: Tx, body: str, evidence_id: UUID, *, reason: str, by: Actor
    ) -> None:
        """Take evidence back; answers that named it are stale in the next round.

        Raises:
            UnknownDocumentError, CheckFormError, WrongStepError.
        """
        row = await known(tx, body, evidence_id)
        if row.withdrawn_at is not None:
            raise WrongStepError("この根拠資料は取り下げられています。")
        if not reason.strip():
            raise CheckFormError.of(
                {"reason": "取り下げる理由がありません。監査で説明できるように入力してください。"}
            )
        await evidence.withdraw(tx, body, evidence_id, reason.strip()[:400], self._clock.now())
        await audit.record(
            tx,
            by=by,
            action="security.check.evidence-withdraw",
            subject=str(evidence_id),
            reason=reason.strip(),
        )


async def known(tx: Tx, body: str, evidence_id: UUID) -> EvidenceRow:
    """Evidence of this body.

    Raises:
        UnknownDocumentError: there is none.
    """
    row = await evidence.one(tx, body, evidence_id)
    if row is None:
        raise UnknownDocumentError(
            "この団体に、その根拠資料はありません。一覧から開き直してください。"
        )
    return row


def _check(shown: Shown, start: date) -> None:
    wrong: dict[str, str] = {}
    if not shown.title.strip():
        wrong["evidence_title"] = "根拠資料の名前がありません。何の資料かを入力してください。"
    elif len(shown.title) > 200:
        wrong["evidence_title"] = "根拠資料の名前は200字までです。短くしてください。"
    if shown.content is None and not shown.place.strip():
        wrong["evidence_file"] = (
            "ファイルも保管場所もありません。どちらかがないと、後から確かめられません。"
            "ファイルを選ぶか、保管場所を入力してください。"
        )
    if len(shown.place) > 400:
        wrong["evidence_place"] = "保管場所は400字までです。短くしてください。"
    if shown.valid_until is not None and shown.valid_until < start:
        wrong["evidence_until"] = "有効期限が始まりの日より前です。日付を確かめてください。"
    if wrong:
        raise CheckFormError.of(wrong)


def _name(shown: Shown, suffix: str) -> str:
    """The file's own name without a path, with the suffix of what it really is."""
    plain = PurePath(shown.file_name.replace("\\", "/")).name
    stem = "".join(sign for sign in PurePath(plain).stem if sign.isprintable())[:100]
    return f"{stem or 'file'}{suffix}"
