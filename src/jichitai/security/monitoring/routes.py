"""All routes of monitoring at a prefecture, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.monitoring.api.alerts import ALERT_ROUTES
from jichitai.security.monitoring.api.rules import RULE_ROUTES
from jichitai.security.monitoring.api.sources import SOURCE_ROUTES
from jichitai.security.monitoring.pages import alerts, findings, rules, sources, suppressions

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

PREFECTURE_ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    alerts.board,
    alerts.show_alert,
    alerts.show_lines,
    alerts.act,
    suppressions.show_suppressions,
    suppressions.end_suppression,
    suppressions.show_trial,
    rules.show_rules,
    rules.new_rule,
    rules.add_rule,
    rules.show_rule,
    rules.test_rule,
    rules.switch_rule,
    sources.show_sources,
    sources.register,
    sources.show_source,
    sources.renew_token,
    sources.retire,
    sources.upload,
    findings.show_findings,
    findings.take,
    findings.send,
    *SOURCE_ROUTES,
    *ALERT_ROUTES,
    *RULE_ROUTES,
)
