"""All routes of incidents, the same at towns and at prefectures as bodies, for the composition root."""

from pathlib import Path
from typing import Final

from litestar.types import ControllerRouterHandler

from jichitai.security.incidents.api.desk import DESK_ROUTES
from jichitai.security.incidents.api.records import RECORD_ROUTES
from jichitai.security.incidents.pages import board, desk, editing, intake, record, reports

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
"""Folder of the templates, to be added to the application's."""

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    board.board,
    intake.intake_form,
    intake.take_in,
    intake.receipt,
    intake.add_later,
    record.show,
    record.show_timeline,
    record.triage,
    record.move,
    record.add_note,
    record.next_step,
    editing.edit_form,
    editing.edit,
    reports.show_reports,
    reports.report_form,
    reports.send,
    reports.form_page,
    reports.fill_form,
    desk.show_alert,
    desk.decide,
    desk.show_csirt,
    desk.add_member,
    desk.end_member,
    desk.show_drills,
    desk.start_drill,
    *RECORD_ROUTES,
    *DESK_ROUTES,
)
