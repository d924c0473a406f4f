"""Which bodies belong to a prefecture's security cloud."""

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import all_bodies, prefecture_body
from jichitai.security.monitoring.errors import NotMemberError


async def members(tx: Tx, prefecture: str) -> dict[str, str]:
    """Codes and names: the prefecture, its municipalities, and joint bodies registered here.

    Args:
        tx: opened for all bodies, or joint bodies stay unseen.
        prefecture: two digits.
    """
    own = prefecture_body(prefecture).name
    found = {
        one.code: one.full_name.removeprefix(own) or own
        for one in all_bodies()
        if one.prefecture_code == prefecture
    }
    cursor = await tx.execute(
        "select municipality, name from security.joint_body where left(municipality, 2) = %s"
        " order by municipality",
        (prefecture,),
    )
    return found | {row[0]: row[1] for row in await cursor.fetchall()}


async def check_member(tx: Tx, prefecture: str, code: str) -> None:
    """Refuse a body of another prefecture.

    Raises:
        NotMemberError: it is another prefecture's, or no body.
    """
    if code not in await members(tx, prefecture):
        raise NotMemberError(
            "この団体コードの団体は、この都道府県のセキュリティクラウドに属していません。"
            "団体コードを確かめてください。"
        )


def own_body(prefecture: str) -> str:
    """Code of the prefecture as a body."""
    return prefecture_body(prefecture).code
