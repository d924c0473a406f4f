"""Terms of the operation as dated data: how fast a notice goes out, how long logs are kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from jichitai.security.tables import rows_on


@dataclass(frozen=True, slots=True)
class Targets:
    """What the operation aims at on a day.

    Attributes:
        notice: from finding an alert to telling the body.
        retention: how long events are kept.
    """

    notice: timedelta
    retention: timedelta


def targets(on: date) -> Targets:
    """The terms that hold on a day.

    Source: data/security_cloud_sla.csv (proposals; the documents read name no figures).
    """
    rows = {row["metric"]: row for row in rows_on("cloud_sla", on)}
    return Targets(
        notice=timedelta(minutes=int(rows["first-notice"]["target"])),
        retention=timedelta(days=int(rows["log-retention"]["target"])),
    )
