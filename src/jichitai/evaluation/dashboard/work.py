"""いますること: the calendar, reports that wait for a decision, indicators that wait for a value."""

from jichitai.evaluation.access import APPROVERS, WRITERS
from jichitai.evaluation.dashboard.board import Board
from jichitai.evaluation.indicators.model import year_label
from jichitai.evaluation.indicators.standing import Standing
from jichitai.evaluation.reports import store as reports
from jichitai.evaluation.reports.model.stages import Kind, Stage
from jichitai.evaluation.reports.service.desk import Desk
from jichitai.evaluation.year.todos import Todo, todos
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.web.rights import Principal


async def work(tx: Tx, principal: Principal, clock: Clock, board: Board) -> list[Todo]:
    """What waits for this person: decisions first, then the calendar, then values."""
    found = [*await _decisions(tx, principal, clock), *await todos(tx, principal, clock)]
    if WRITERS & principal.roles:
        found += _values(board)
    return found


async def _decisions(tx: Tx, principal: Principal, clock: Clock) -> list[Todo]:
    found = []
    for row in await reports.reports(tx):
        standing = await Desk(clock).standing(tx, row.policy, row.fiscal_year)
        name = f"政策{row.policy}　{year_label(row.fiscal_year)}の評価書"
        href = f"/evaluation/reports/{row.policy}/{row.fiscal_year}"
        word = ""
        if standing.stage is Stage.SUBMITTED and APPROVERS & principal.roles:
            own = principal.account_id in standing.writers
            word = "" if own else "を決裁する"
        elif standing.stage is Stage.APPROVED and APPROVERS & principal.roles:
            word = "を公表する"
        elif (
            standing.last is not None
            and standing.last.kind is Kind.RETURNED
            and WRITERS & principal.roles
        ):
            word = "が差し戻されたので直す"
        if word:
            found.append(Todo(label=f"{name}{word}", href=href, due=None, late=False))
    return found


def _values(board: Board) -> list[Todo]:
    """Indicators whose target's day is past, and whose value of that day nobody has told."""
    return [
        Todo(
            label=f"期限後の実績を入れる：{line.definition.name}",
            href=f"/evaluation/indicators/{line.definition.indicator_id}",
            due=None,
            late=False,
            note=f"目標 {line.target}",
        )
        for part in board.sections
        for line in part.lines
        if line.status.standing is Standing.AWAITED
    ]
