"""Words, addresses and rows that the pages of reports share."""

from typing import Annotated, Any, Final

from litestar import Request
from litestar.params import QueryParameter, URLEncodedBody

from jichitai.evaluation.access import APPROVERS, EXPERTS, INSIDE, WRITERS
from jichitai.evaluation.reports.model.looking import year_text
from jichitai.evaluation.reports.model.stages import Stage
from jichitai.web.components import Crumb, Status
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
READ: Final[dict[str, Any]] = {"roles": INSIDE}
WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
DECIDE: Final[dict[str, Any]] = {"roles": APPROVERS}
STEP: Final[dict[str, Any]] = {"roles": WRITERS | APPROVERS}
REMARK: Final[dict[str, Any]] = {"roles": INSIDE}
HOME: Final = "/evaluation/reports"
PLACE: Final = "/evaluation/reports/{policy:int}/{year:int}"
PUBLIC_HOME: Final = "/reports"
PUBLIC_PLACE: Final = "/reports/{policy:int}/{year:int}"
DayParameter = Annotated[str, QueryParameter(max_length=20)]
PaperParameter = Annotated[str, QueryParameter(max_length=20)]
_COLOURS: Final = {
    Stage.DRAFT: Status("下書き", "grey", "数値は新しい値に替わります"),
    Stage.SUBMITTED: Status("決裁待ち", "yellow", "数値は止まっています"),
    Stage.APPROVED: Status("公表待ち", "blue", "決裁が終わりました"),
    Stage.PUBLISHED: Status("公表済み", "green", "公表した版から変わっていません"),
}


def status(stage: Stage) -> Status:
    """The word of a stage."""
    return _COLOURS[stage]


def address(policy: int, year: int) -> str:
    """The desk of a report."""
    return f"{HOME}/{policy}/{year}"


def public_address(policy: int, year: int, edition: int | None = None) -> str:
    """Where a report is published; an edition for good."""
    base = f"{PUBLIC_HOME}/{policy}/{year}"
    return base if edition is None else f"{base}/editions/{edition}"


def crumbs(policy: int, year: int, *more: str) -> list[Crumb]:
    """The way to a page of a report."""
    home, own = Crumb("評価書", HOME), f"政策{policy}　{year_text(year)}"
    if not more:
        return [home, Crumb(own)]
    return [home, Crumb(own, address(policy, year)), *(Crumb(one) for one in more)]


def writes(principal: Principal) -> bool:
    """Whether somebody writes reports."""
    return bool(principal.roles & WRITERS)


def decides(principal: Principal) -> bool:
    """Whether somebody decides on reports."""
    return bool(principal.roles & APPROVERS)


def is_expert(principal: Principal) -> bool:
    """Whether somebody's remarks are those of an expert."""
    return bool(principal.roles & EXPERTS)


def plain(text: str, most: int) -> str:
    """A text without characters that cannot be kept."""
    return "".join(one for one in text if one in "\n\t" or ord(one) >= 32)[:most]
