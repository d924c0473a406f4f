"""The workshop's values in the words of its pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeGuard
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.errors import JichitaiError
from jichitai.security.organs import Organ
from jichitai.security.policy.model.interview import organ_name
from jichitai.security.policy.model.states import STANDING, STEPS, WORKING, State, counted
from jichitai.security.policy.store.policies import StepRow, VersionRow
from jichitai.web import accounts
from jichitai.web.components import Colour, Entry, FieldErrors, Status, Step
from jichitai.web.formats import time_text

_COLOURS: Final[Mapping[State, tuple[Colour, str]]] = {
    State.DRAFTING: ("blue", "条文を書いています"),
    State.REVIEW: ("blue", "情報セキュリティ委員会が審議しています。条文は変えられません"),
    State.APPROVAL: ("yellow", "定める機関の決裁を待っています"),
    State.ADOPTED: ("yellow", "すべての機関が定めました。遅滞なく公表する義務があります"),
    State.PUBLISHED: ("green", "公表しました。施行の日を待っています"),
    State.IN_FORCE: ("green", "効力があります"),
    State.REVIEW_DUE: ("orange", "効力があります。見直しの日が過ぎました"),
    State.SUPERSEDED: ("grey", "新しい版に改定されました"),
    State.REPEALED: ("grey", "廃止されました"),
    State.DROPPED: ("grey", "公表の前に取りやめました"),
}
_SHORT: Final = ("案の作成", "委員会", "決裁", "策定", "公表", "施行")
_DEEDS: Final = {
    "open": "方針を作り始めました",
    "draft": "質問の回答から案を作りました",
    "confirm": "条を確かめ、そのままにしました",
    "decide": "ガイドラインの項目の適用を決めました",
    "import": "今ある規程を取り込みました",
    "submit": "委員会に出しました",
    "committee": "委員会が承認しました",
    "adopt": "機関が定めました",
    "adopted": "すべての機関が定め、策定しました",
    "return": "差し戻しました",
    "publish": "公表しました",
    "in-force": "施行されました",
    "review-due": "見直しの時期になりました",
    "reviewed": "見直し、改定しないことにしました",
    "revise": "改定を始めました",
    "supersede": "新しい版に改定されました",
    "repeal": "廃止しました",
    "drop": "取りやめました",
    "check": "公開先の確認の結果が変わりました",
    "guideline": "ガイドラインが改定されました",
}


def status_of(state: State) -> Status:
    """The chip of a version's step."""
    colour, meaning = _COLOURS[state]
    return Status(state.japanese, colour, meaning)


def counted_status(row: VersionRow) -> Status:
    """Whether the version counts as 策定・公表済み, and if not, what is missing."""
    adopted, public = row.adopted_at is not None, row.step in STANDING
    if counted(adopted=adopted, published=public, reachable=row.reachable_at is not None):
        return Status("数に入ります", "green", "策定、公表、到達の確認がそろっています")
    if not adopted:
        return Status("数に入りません", "grey", "まだ策定していません")
    if not public:
        return Status("数に入りません", "yellow", "まだ公表していません")
    return Status("確認待ち", "yellow", "公開先のページに届くことを、まだ確かめていません")


def steps_of(state: State) -> list[Step]:
    """The way of a version, and where it is."""
    reached = State.IN_FORCE if state not in STEPS else state
    place = STEPS.index(reached)
    done = state in STANDING or state not in WORKING
    result = []
    for index, label in enumerate(_SHORT):
        if index < place or (index == place and done):
            result.append(Step(label, "done", current=index == place))
        else:
            result.append(
                Step(label, "current" if index == place else "waiting", "", index == place)
            )
    return result


def timeline(steps: Iterable[StepRow], names: Mapping[str, str], body: Body) -> list[Entry]:
    """What happened to a policy, the newest first; single edits are left to the clauses."""
    found = []
    for step in steps:
        deed = _DEEDS.get(step.verb)
        if deed is None:
            continue
        organ = f"（{organ_name(Organ(step.organ), body)}）" if step.organ else ""
        reference = "" if step.verb in {"publish", "check"} else step.reference
        notes = "　".join(filter(None, (reference, step.reason)))
        what = f"第{step.version}版　{deed}{organ}" + (f"　{notes}" if notes else "")
        found.append(Entry(time_text(step.at, operator=True), what, names.get(step.actor_id, "")))
    return found[::-1]


async def names_of(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """Display names of accounts of the same body, for its own pages."""
    found = {"system": "自動処理"}
    for one in sorted(set(ids) - {"system"}):
        try:
            found[one] = (await accounts.get(tx, UUID(one))).display
        except (JichitaiError, ValueError):
            continue
    return found


def fields_of(refusal: JichitaiError) -> dict[str, str]:
    """Name of the field -> what is wrong with it; the whole message when no field is named."""
    fields = refusal.facts.get("fields")
    if _is_map(fields) and fields:
        return {str(name): str(text) for name, text in fields.items()}
    return {"": refusal.detail}


def errors_of(messages: Mapping[str, str]) -> FieldErrors:
    """Errors of a form."""
    return FieldErrors.of(dict(messages))


def organs_word(organs: Sequence[str], body: Body) -> str:
    """Names of organs."""
    return "、".join(organ_name(Organ(one), body) for one in organs)


def _is_map(value: object) -> TypeGuard[Mapping[Any, object]]:
    return isinstance(value, Mapping)
