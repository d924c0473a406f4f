"""The services behind one request, made of what the process gives every handler."""

from dataclasses import dataclass

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.security.monitoring.service.alerts import Alerts
from jichitai.security.monitoring.service.detecting import Detecting
from jichitai.security.monitoring.service.findings import Findings
from jichitai.security.monitoring.service.intake import Intake
from jichitai.security.monitoring.service.keeping import Keeping
from jichitai.security.monitoring.service.rulebook import RuleBook
from jichitai.security.monitoring.service.sources import Sources
from jichitai.security.monitoring.syslog import SyslogListener
from jichitai.security.monitoring.worker import MonitoringWorker


@dataclass(frozen=True, slots=True)
class Desk:
    """All services of monitoring.

    Attributes:
        database: of the prefecture tier.
        clock: law time.
        outbox: where notices leave.
        settings: `log_directory`, `syslog_port`, `http_host`.
    """

    database: Database
    clock: Clock
    outbox: Outbox
    settings: Settings

    @property
    def intake(self) -> Intake:
        """Takes logs in."""
        return Intake(self.database, self.clock, self.settings.log_directory)

    @property
    def sources(self) -> Sources:
        """Registers sources."""
        return Sources(self.clock)

    @property
    def rules(self) -> RuleBook:
        """Keeps rules."""
        return RuleBook(self.clock)

    @property
    def detecting(self) -> Detecting:
        """Runs rules."""
        return Detecting(self.intake, self.rules)

    @property
    def alerts(self) -> Alerts:
        """Judges alerts."""
        return Alerts(self.intake, self.outbox)

    @property
    def findings(self) -> Findings:
        """Passes on findings."""
        return Findings(self.clock, self.outbox)

    @property
    def worker(self) -> MonitoringWorker:
        """The timed work of the process."""
        return MonitoringWorker(self.detecting, Keeping(self.intake))

    @property
    def listener(self) -> SyslogListener:
        """Listens for syslog."""
        return SyslogListener(self.intake, self.settings.http_host, self.settings.syslog_port)
