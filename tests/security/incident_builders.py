"""Incidents with defaults, for tests of their parts."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from PIL import Image

from jichitai.infra.audit import Actor
from jichitai.infra.database import Tx
from jichitai.kernel.dates import JST
from jichitai.security.incidents import handling, service
from jichitai.security.incidents.handling import Amendment
from jichitai.security.incidents.model import (
    Answer,
    Area,
    Facts,
    Incident,
    Kind,
    Severity,
    State,
)
from jichitai.security.incidents.service import Intake
from jichitai.security.messages import S03
from tests.conftest import TOWN

NOW = datetime(2026, 11, 20, 13, 58, tzinfo=JST)
CLERK = Actor("staff", "clerk-7", "窓口 七子", frozenset({"clerk"}))
OFFICER = Actor("staff", "officer-1", "情報 一郎", frozenset({"security-officer"}))

LEAK = Facts(
    summary="名簿を添えたメールを別の宛先に送った",
    personal=Answer.YES,
    persons=128,
    special_care=Answer.NO,
    property_damage=Answer.NO,
    improper_purpose=Answer.NO,
    ordinance_special=Answer.NO,
    specific_personal=Answer.NO,
    crime=Answer.NO,
    network=Answer.NO,
)
CALM = Facts(personal=Answer.NO, crime=Answer.NO, network=Answer.NO, system_affected=Answer.YES)


def incident(**values: Any) -> Incident:
    """A ransomware incident in an LGWAN area, known at `NOW`."""
    plain = Incident(
        municipality=TOWN,
        incident_id=UUID("00000000-0000-4000-8000-000000000042"),
        number="I-0042",
        drill=False,
        outward=True,
        scenario="",
        state=State.RECEIVED,
        version=1,
        revision=0,
        kind=Kind.RANSOMWARE,
        area=Area.LGWAN,
        severity=Severity.UNRATED,
        known_at=NOW,
        facts=Facts(),
        reported_by=CLERK.id,
        reporter=CLERK.display,
        handler="",
        recorded_at=NOW,
        triaged_at=None,
        closed_at=None,
    )
    return replace(plain, **values)


async def recorded(tx: Tx, municipality: str = TOWN, **values: Any) -> Incident:
    """An incident that a clerk reported."""
    plain: dict[str, Any] = {"kind": Kind.RANSOMWARE, "known_at": NOW, "area": Area.LGWAN}
    intake = Intake(**(plain | values))
    return await service.record(tx, municipality, intake, by=CLERK, at=NOW)


async def triaged(tx: Tx, **values: Any) -> Incident:
    """An incident that an officer has begun to handle."""
    found = await recorded(tx, **values)
    change = Amendment(version=found.version, severity=Severity.HIGH, handler="情報政策課")
    return await handling.triage(
        tx, found.municipality, found.incident_id, change, by=OFFICER, at=NOW + timedelta(minutes=5)
    )


def photo(width: int = 640, height: int = 480, *, form: str = "JPEG", exif: bool = True) -> bytes:
    """A picture that says where and with what it was taken."""
    out = io.BytesIO()
    picture = Image.new("RGB", (width, height), "#336699")
    tags = Image.Exif()
    tags[0x010F] = "SECRETCAMERA"
    tags[0x0132] = "2026:11:20 13:50:00"
    picture.save(out, form, **({"exif": tags} if exif else {}))
    return out.getvalue()


def alert(**values: Any) -> S03:
    """An alert of Hokkaido's security cloud for the town."""
    plain: dict[str, Any] = {
        "prefecture": TOWN[:2],
        "body": TOWN,
        "alert_id": uuid4(),
        "rule_id": "brute-force-then-success",
        "rule_title": "総当たりの後のサインイン成功",
        "severity": "high",
        "area": "internet",
        "first_seen": NOW - timedelta(minutes=12),
        "last_seen": NOW - timedelta(minutes=2),
        "events": 240,
        "context": {"src": "203.0.113.7", "user": "vpn-maint"},
        "advice": "このアカウントを止め、接続元を遮断してください。",
        "sent_at": NOW,
    }
    return S03(**(plain | values))
