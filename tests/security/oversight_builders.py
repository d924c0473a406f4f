"""Reports and survey forms with defaults."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from jichitai.infra.audit import Actor
from jichitai.infra.messages import Received
from jichitai.jukinet.messages import Body as Message
from jichitai.kernel.parties import Party
from jichitai.security.messages import S01, S02, S05, S11, Adoption, Deadline, Measure
from jichitai.security.oversight.model.forms import Form, Question

NOON = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)
OFFICER = Actor("staff", "officer-1", "担当 太郎")


def adoption(organ: str = "head", **changes: Any) -> Adoption:
    values: dict[str, Any] = {
        "organ": organ,
        "decision_number": "令和8年訓令第3号",
        "decided_on": date(2026, 10, 1),
        "joint": False,
    }
    return Adoption(**(values | changes))


def policy(body: str, state: str = "in-force", **changes: Any) -> S01:
    """A report; from `adopted` on with a decision, from `published` on found at its address."""
    done = state in ("adopted", "published", "in-force", "review-due")
    shown = done and state != "adopted"
    values: dict[str, Any] = {
        "body": body,
        "policy_id": UUID(int=int(body)),
        "revision": 1,
        "policy_version": 1,
        "state": state,
        "guideline_version": "R8.3",
        "network_model": "α",
        "adoptions": (adoption(),) if done else (),
        "organs": ("head",),
        "document_hash": "a" * 64 if done else None,
        "published_at": NOON if shown else None,
        "address": f"https://example.lg.jp/policies/{body}" if shown else "",
        "reachable_at": NOON if shown else None,
        "effective_on": date(2026, 10, 1) if shown else None,
        "next_review_on": date(2027, 3, 31) if done else None,
        "reported_at": NOON,
    }
    return S01(**(values | changes))


def incident(body: str, **changes: Any) -> S02:
    values: dict[str, Any] = {
        "body": body,
        "incident_id": UUID(int=7),
        "number": "I-0042",
        "revision": 1,
        "drill": False,
        "kind_of_incident": "ransomware",
        "area": "internet",
        "system": "文書管理",
        "severity": "high",
        "state": "handling",
        "known_at": NOON,
        "detected_at": None,
        "occurred_at": None,
        "service_deviation": False,
        "persons": None,
        "special_personal": False,
        "share_consent": True,
        "summary": "端末の画面に見慣れない表示が出た。",
        "details": {},
        "deadlines": (
            Deadline(
                recipient="ppc", report="速報", due_at=NOON + timedelta(hours=1), sent_at=None
            ),
            Deadline(recipient="prefecture", report="速報", due_at=NOON, sent_at=NOON),
        ),
        "timeline_hash": "b" * 64,
        "reported_at": NOON,
    }
    return S02(**(values | changes))


def check(body: str, **changes: Any) -> S05:
    measure = Measure(key="law-3", met=5, partly=2, unmet=1, not_applicable=0, unanswered=0)
    weak = Measure(key="weak-audit", met=4, partly=1, unmet=1, not_applicable=0, unanswered=0)
    values: dict[str, Any] = {
        "body": body,
        "check_id": UUID(int=9),
        "revision": 1,
        "sort": "self-check",
        "fiscal_year": 2026,
        "guideline_version": "R8.3",
        "finished_on": date(2026, 10, 31),
        "measures": (measure, weak),
        "open_corrections": 2,
        "late_corrections": 1,
        "open_exceptions": 0,
        "reported_at": NOON,
    }
    return S05(**(values | changes))


def answer(body: str, round_id: UUID, **changes: Any) -> S11:
    values: dict[str, Any] = {
        "round_id": round_id,
        "body": body,
        "revision": 1,
        "answers": {"csirt": "はい", "staff": "12"},
        "answered_at": NOON,
    }
    return S11(**(values | changes))


def form() -> Form:
    return Form(
        note="分からないときは空けてください。",
        questions=(
            Question(
                key="csirt", label="CSIRTがありますか", kind="yesno", required=True, published=True
            ),
            Question(key="staff", label="担当の人数", kind="int", published=True),
            Question(key="drill", label="最後に訓練をした日", kind="date"),
            Question(
                key="model",
                label="ネットワークのモデル",
                kind="choice",
                choices=("α", "α´", "β", "β´"),
            ),
            Question(key="wish", label="国への要望", kind="text"),
        ),
    )


def received(message: Message, *, origin: Party, receiver: Party, number: int = 1) -> Received:
    """The message as a handler sees it."""
    return Received(
        id=f"{origin}-{receiver}-{number}",
        kind=message.kind,
        version=1,
        origin=origin,
        sender=origin,
        receiver=receiver,
        number=number,
        part=0,
        sent_at=NOON,
        body=msgspec.json.encode(message),
        signed=f"{uuid4()}".encode(),
        index=0,
    )
