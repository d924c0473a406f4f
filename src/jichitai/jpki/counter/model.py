"""The counter's own rules: what an application must contain, and the stages of one writing; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from jichitai.jpki import clocks
from jichitai.jpki.counter import documents
from jichitai.jpki.counter.documents import Case
from jichitai.jpki.counter.errors import (
    ApplicationRefusedError,
    InsufficientDocumentsError,
    WrongStageError,
)
from jichitai.jpki.kinds import Cause, CertificateKind
from jichitai.kernel.dates import UncertainDate, wareki

TICKET_LIFE: Final = timedelta(minutes=15)
CHIP_DIGITS: Final = 13
FIELDS: Final = (
    "chip_number", "kinds", "guardian", "card_until", "photo", "case", "documents",
    "agent_documents", "agent_reason",
)  # fmt: skip
"""Fields of an application, in the order of the form."""


class Stage(StrEnum):
    """Where a writing stands."""

    OPEN = "open"
    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"
    WRITTEN = "written"
    FAILED = "failed"
    HANDED_OVER = "handed-over"
    GIVEN_UP = "given-up"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _STAGES[self]

    @property
    def under_way(self) -> bool:
        """Whether something is still to be done."""
        return self in {Stage.OPEN, Stage.WAITING, Stage.ANSWERED, Stage.WRITTEN}


_STAGES: Final[Mapping[Stage, str]] = {
    Stage.OPEN: "書込み待ち",
    Stage.WAITING: "認証局の回答待ち",
    Stage.ANSWERED: "書込み中",
    Stage.REFUSED: "発行できません",
    Stage.WRITTEN: "交付待ち",
    Stage.FAILED: "書込みの失敗",
    Stage.HANDED_OVER: "交付済み",
    Stage.GIVEN_UP: "取りやめ",
}


class ChipState(StrEnum):
    """The state of a card as the town keeps it.

    Source: 番号法 第17条; card states of 個人番号カードの交付等に関する事務処理要領.
    """

    WRITTEN = "written"
    HANDED_OVER = "handed-over"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "written": "交付前",
            "handed-over": "運用中",
            "suspended": "一時停止",
            "lapsed": "廃止",
        }[self.value]


AT_COUNTER: Final[Mapping[Cause, str]] = {
    Cause.LOSS: "紛失・盗難（一時停止する）",
    Cause.REQUEST: "本人の希望（電子証明書だけをやめる）",
    Cause.KEY_LEAK: "秘密鍵の漏えい・カードが使えなくなった",
    Cause.CARD_LAPSED: "カードの返納・廃止",
}
"""What the counter reports of its own accord, in the words of the form."""

_CHIP_AFTER: Final[Mapping[Cause, ChipState]] = {
    Cause.LOSS: ChipState.SUSPENDED,
    Cause.CARD_LAPSED: ChipState.LAPSED,
    Cause.KEY_LEAK: ChipState.LAPSED,
    Cause.NOT_HANDED_OVER: ChipState.LAPSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """交付の申請, as the clerk entered it.

    Attributes:
        chip_number: 製造番号 of the card, 13 digits.
        kinds: certificates that the person wants.
        renewal: in the person's own card.
        card_until: last day of the card.
        case: who came.
        documents: ids of the holder's documents.
        agent_documents: ids of the agent's.
        agent_reason: why an agent came.
        guardian: the representative asks for a signing certificate for somebody under 15.
        photo: JPEG, prepared; none for a baby.
    """

    chip_number: str
    kinds: Sequence[CertificateKind]
    renewal: bool
    card_until: date | None
    case: Case | None
    documents: Sequence[str]
    agent_documents: Sequence[str]
    agent_reason: str
    guardian: bool
    photo: bytes | None


def check_application(
    application: Application, birth: UncertainDate, today: date
) -> tuple[Case, date]:
    """Check everything that the counter can check by itself.

    Returns:
        Who came, and the last day of the card.

    Raises:
        ApplicationRefusedError: with `fields`: name of the field -> what is wrong.

    Source: 番号法 第17条; 番号法施行令 第13条; 公的個人認証法 第3条, 第22条; カード省令 第26条.
    """
    wrong = dict(sorted(_wrong(application, birth, today), key=lambda one: FIELDS.index(one[0])))
    case, until = application.case, application.card_until
    if wrong or case is None or until is None:
        raise ApplicationRefusedError(
            f"申請に{len(wrong)}件の誤りがあります。示した項目を直してください。", fields=wrong
        )
    return case, until


def _wrong(application: Application, birth: UncertainDate, today: date) -> list[tuple[str, str]]:
    found = [
        *_wrong_card(application, birth, today),
        *_wrong_kinds(application, birth, today),
        *_wrong_people(application, today),
    ]
    if application.photo is None and clocks.is_of_age(birth, 1, today):
        found.append(
            ("photo", "顔写真がありません。1歳以上の人には顔写真が要ります。選んでください。")
        )
    return found


def _wrong_card(
    application: Application, birth: UncertainDate, today: date
) -> list[tuple[str, str]]:
    found = []
    number = application.chip_number
    if not (len(number) == CHIP_DIGITS and number.isascii() and number.isdigit()):
        found.append(
            (
                "chip_number",
                "製造番号が13桁の数字ではありません。カードの台紙の番号を入力してください。",
            )
        )
    longest = clocks.card_validity_end(birth, today)
    if application.card_until is None or not today <= application.card_until <= longest:
        found.append(
            (
                "card_until",
                (
                    "カードの有効期限が、今日から法定の期限"
                    f"（{wareki(longest)}）までの日ではありません。在留期間のある人はその満了日、"
                    "ほかの人は法定の期限を入力してください。（カード省令26条）"
                ),
            )
        )
    return found


def _wrong_kinds(
    application: Application, birth: UncertainDate, today: date
) -> list[tuple[str, str]]:
    if not application.kinds:
        return [("kinds", "電子証明書が選ばれていません。書き込むものを選んでください。")]
    signing = CertificateKind.SIGNING in application.kinds
    if signing and not clocks.may_sign_alone(birth, today) and not application.guardian:
        return [
            (
                "guardian",
                (
                    "15歳未満の人には、原則として署名用電子証明書を発行しません。選択を外すか、"
                    "法定代理人の希望を確かめて印を付けてください。"
                ),
            )
        ]
    return []


def _wrong_people(application: Application, today: date) -> list[tuple[str, str]]:
    if application.case is None:
        return [("case", "だれが来たかが選ばれていません。選んでください。")]
    found = []
    try:
        documents.check(application.case, application.documents, application.agent_documents, today)
    except InsufficientDocumentsError as refusal:
        agent = refusal.facts.get("party") == "agent"
        found.append(("agent_documents" if agent else "documents", refusal.detail))
    reasons = {reason.id for reason in documents.agent_reasons(today)}
    if application.case is Case.AGENT and application.agent_reason not in reasons:
        found.append(
            (
                "agent_reason",
                "代理人が来た理由が選ばれていません。認められる理由がなければ、本人に来てもらってください。",
            )
        )
    return found


def expect(stage: Stage, *allowed: Stage) -> None:
    """Refuse a deed at the wrong stage.

    Raises:
        WrongStageError: the writing is at another one.

    Source: 公的個人認証法 第3条第4項から第7項 (order of the steps).
    """
    if stage not in allowed:
        raise WrongStageError(
            f"この手続は今「{stage.japanese}」です。画面を開き直して、今できることを確かめてください。",
            stage=stage.value,
        )


def chip_after(cause: Cause) -> ChipState | None:
    """The state of the card after a report, or None when it stays as it is.

    Source: 番号法 第17条; 公的個人認証法施行規則 第17条 (a lapsed card and its certificates).
    """
    return _CHIP_AFTER.get(cause)


RECEIVERS: Final[Mapping[Case, frozenset[str]]] = {
    Case.HOLDER: frozenset({"holder"}),
    Case.REPRESENTATIVE: frozenset({"holder", "agent"}),
    Case.AGENT: frozenset({"agent"}),
}
"""Who may receive the card: those whose documents were checked."""


def check_hand_over(
    case: Case, received_by: str, *, face_compared: bool, contents_confirmed: bool
) -> None:
    """Check what a clerk does before a card changes hands.

    Raises:
        ApplicationRefusedError: with `fields`: name of the field -> what is missing.

    Source: 番号法 第17条第1項; 番号法施行令 第13条.
    """
    missing = {}
    if not face_compared:
        missing["face_compared"] = "カードの写真と来た人を見比べてください。"
    if not contents_confirmed:
        missing["contents_confirmed"] = "書き込んだ内容を来た人に確かめてもらってください。"
    if received_by not in RECEIVERS[case]:
        missing["received_by"] = "本人確認をした人にだけ渡せます。渡す相手を確かめてください。"
    if missing:
        raise ApplicationRefusedError(
            "交付の前の確認が済んでいません。示した項目を済ませてください。", fields=missing
        )
