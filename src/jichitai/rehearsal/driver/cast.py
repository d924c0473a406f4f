"""The cast: accounts of invented staff and residents, offered as personas in a rehearsal only."""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

from jichitai.infra.database import Database
from jichitai.kernel.municipalities import municipality
from jichitai.kernel.parties import Tier
from jichitai.web import accounts
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role

_NAMES = UUID("b8d3f3f4-8a35-5d2e-9a5f-2f1f6f0e7c11")


def account_id(*words: str) -> UUID:
    """Id of a persona; the same in every rehearsal."""
    return uuid5(_NAMES, "/".join(words))


def town_staff(town: str) -> list[Account]:
    """A clerk, an approver and an operator of a town."""
    body = municipality(town)
    parts = (
        ("clerk", Role.CLERK, "窓口担当", "届出を受け付け、入力します。"),
        ("approver", Role.APPROVER, "審査担当", "ほかの人が入力した届出を確かめ、本登録します。"),
        ("operator", Role.TOWN_OPERATOR, "運用担当", "送受信と整合性を見守ります。"),
    )
    return [
        Account(
            account_id=account_id(town, word),
            kind=Kind.STAFF,
            display=f"{body.name}　{title}",
            roles=frozenset({role}),
            municipality=town,
            persona=True,
            about=about,
        )
        for word, role, title, about in parts
    ]


def prefecture_staff(prefecture: str, name: str) -> Account:
    """An operator of a prefecture."""
    return Account(
        account_id=account_id("prefecture", prefecture),
        kind=Kind.STAFF,
        display=f"{name}　運用担当",
        roles=frozenset({Role.PREFECTURE_OPERATOR}),
        prefecture=prefecture,
        persona=True,
        about="管内の本人確認情報と、照合の状態を見守ります。",
    )


def nation_staff() -> list[Account]:
    """Two operators of the network (one asks, the other confirms) and an auditor of the log."""
    operators = [
        Account(
            account_id=account_id("nation", f"operator-{number}"),
            kind=Kind.STAFF,
            display=f"全国ネットワーク　運用担当{number}",
            roles=frozenset({Role.NETWORK_OPERATOR}),
            persona=True,
            about="全国の送受信、隔離、照合、切断を扱います。",
        )
        for number in (1, 2)
    ]
    auditor = Account(
        account_id=account_id("nation", "auditor"),
        kind=Kind.STAFF,
        display="提供記録　監査担当",
        roles=frozenset({Role.LOG_AUDITOR}),
        persona=True,
        about="提供記録のログを検証します。",
    )
    return [*operators, auditor]


def officer(organ: str, title: str, about: str) -> Account:
    """An officer of a public body, who may confirm persons for its affairs."""
    return Account(
        account_id=account_id("organ", organ),
        kind=Kind.STAFF,
        display=f"{title}　担当",
        roles=frozenset({Role.ORGAN_OFFICER}),
        organ_id=organ,
        operator_id="op-1",
        persona=True,
        about=about,
    )


def ministry_staff() -> Account:
    """An officer of the ministry."""
    return Account(
        account_id=account_id("ministry", "officer"),
        kind=Kind.STAFF,
        display="総務省　政策担当",
        roles=frozenset({Role.MINISTRY_OFFICER}),
        persona=True,
        about="年次の公表と統計を見ます。",
    )


def resident(person_id: UUID, display: str, about: str) -> Account:
    """A resident who looks at their own record at the nation."""
    return Account(
        account_id=account_id("resident", str(person_id)),
        kind=Kind.RESIDENT,
        display=display,
        roles=frozenset({Role.RESIDENT}),
        person_id=person_id,
        persona=True,
        about=about,
    )


async def save(database: Database, tier: Tier, people: Iterable[Account]) -> None:
    """Make the personas known to one tier."""
    async with database.transaction(all_towns=tier is Tier.TOWN) as tx:
        for person in people:
            await accounts.save(tx, person)


def all_town_staff(towns: Sequence[str]) -> list[Account]:
    """The staff of several towns."""
    return [person for town in towns for person in town_staff(town)]
