"""What of the subsidy waits on the first page of a prefecture's officer."""

from collections.abc import Sequence
from datetime import date

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.security.desk.service import Todo
from jichitai.security.subsidy import store, views
from jichitai.security.subsidy.case import Case, State
from jichitai.security.subsidy.service import files

_AREA = "補助金"


async def todos(tx: Tx, body: Body, on: date) -> Sequence[Todo]:
    """Open calls without an application, and cases in which the prefecture is to act."""
    if body.kind is not BodyKind.PREFECTURE:
        return []
    prefecture = body.prefecture_code
    cases = await files.all_files(tx, prefecture)
    found = [
        Todo(
            label=_label(one.case),
            href=f"/security/subsidies/{one.case.case_id}",
            area=_AREA,
            due=_due(one.case),
            late=views.late(one, on),
        )
        for one in cases
        if one.case.turn == "prefecture"
    ]
    answered = {one.case.plan.call_id for one in cases if one.case.plan}
    found += [
        Todo(
            label=f"{call.name}に申請する",
            href="/security/subsidies",
            area=_AREA,
            due=call.closes_on,
        )
        for call in await store.calls(tx, prefecture)
        if call.call_id not in answered and call.opens_on <= on <= call.closes_on
    ]
    return found


def _label(case: Case) -> str:
    match case.state:
        case State.RETURNED:
            return "補正して申請し直す"
        case State.RETURN_DUE:
            return f"補助金{case.due:,}円を返還し、届け出る"
        case State.FIXED:
            return f"確定した補助金の残り{case.payable:,}円を請求する"
        case _:
            return "補助事業の実績を報告する"


def _due(case: Case) -> date | None:
    if case.state is State.RETURN_DUE:
        return case.return_by
    return case.decided.settle_by if case.decided and case.state is State.DECIDED else None
