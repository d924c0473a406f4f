"""What of the security cloud waits on the first page of a prefecture's officer."""

from collections.abc import Sequence
from datetime import date

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind
from jichitai.security.cloud import store
from jichitai.security.desk.service import Todo

_AREA = "セキュリティクラウド"


async def todos(tx: Tx, body: Body, on: date) -> Sequence[Todo]:
    """Steps whose planned day has passed, and states that the ministry has not been told of."""
    if body.kind is not BodyKind.PREFECTURE:
        return []
    found = []
    for version in await store.generations(tx, body.prefecture_code):
        href = f"/security/cloud/{version.generation}"
        head = f"第{version.generation}世代"
        found += [
            Todo(
                label=f"{head}の「{one.step.japanese}」を進めるか、予定を直す",
                href=f"{href}/steps",
                area=_AREA,
                due=one.planned_on,
                late=True,
            )
            for one in version.cloud.late_steps(on)
        ]
        if version.sent_at is None:
            found.append(Todo(label=f"{head}の状況を国に報告する", href=href, area=_AREA))
    return found
