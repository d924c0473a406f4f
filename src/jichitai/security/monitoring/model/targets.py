"""Terms of the operation as dated data: how fast a notice goes out, how long logs are kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from jichitai.security.tables import rows, rows_on


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
    """The terms that hold on a day; before the first of them, those of the whole table.

    Source: data/security_cloud_sla.csv (proposals; the documents read name no figures).
    """
    held = rows_on("cloud_sla", on) or rows("cloud_sla")
    found = {row["metric"]: row for row in held}
    return Targets(
        notice=timedelta(minutes=int(found["first-notice"]["target"])),
        retention=timedelta(days=int(found["log-retention"]["target"])),
    )
