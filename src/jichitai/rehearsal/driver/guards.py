"""The cast of 情報セキュリティ: officers, organs that adopt, auditors, analysts."""

from collections.abc import Sequence

from jichitai.kernel.bodies import Body, BodyKind, body, prefecture_body
from jichitai.rehearsal.driver.cast import account_id
from jichitai.security.organs import Organ
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role


def officer(one: Body) -> Account:
    """Who writes a body's security documents."""
    return _person(one, "security", "情報セキュリティ担当", Role.SECURITY_OFFICER, _WRITES)


def adopter(one: Body, organ: Organ) -> Account:
    """Who decides for an organ."""
    return _person(
        one,
        f"adopter-{organ}",
        f"{organ.japanese}　決裁者",
        Role.POLICY_ADOPTER,
        "回ってきた方針の案を読み、機関として決裁します。",
        organ=organ,
    )


def auditor(one: Body) -> Account:
    """Who audits a body."""
    return _person(
        one,
        "auditor",
        "情報セキュリティ監査人",
        Role.SECURITY_AUDITOR,
        "点検の結果と証拠を確かめ、監査の結果を書きます。",
    )


def supervisor(prefecture: str) -> Account:
    """Who supports a prefecture's members."""
    return _person(
        prefecture_body(prefecture),
        "supervisor",
        "市区町村支援担当",
        Role.SECURITY_SUPERVISOR,
        "構成団体の状況、セキュリティクラウド、補助金を扱います。",
    )


def analyst(prefecture: str) -> Account:
    """Who watches the logs of the security cloud."""
    return _person(
        prefecture_body(prefecture),
        "analyst",
        "セキュリティクラウド　監視担当",
        Role.SOC_ANALYST,
        "ログの検知を確かめ、団体に知らせます。",
    )


def ministry_officer(number: int) -> Account:
    """An officer of the ministry; decisions on money take two."""
    return Account(
        account_id=account_id("ministry", f"security-{number}"),
        kind=Kind.STAFF,
        display=f"総務省　サイバーセキュリティ担当{number}",
        roles=frozenset({Role.MINISTRY_OFFICER}),
        persona=True,
        about="策定の状況を見て、督促し、補助金を審査します。",
    )


_WRITES = "方針を作り、点検し、事案を報告します。"


def few_of_towns(towns: Sequence[str]) -> list[Account]:
    """The officer, the head's decision maker and the auditor of each town."""
    return [
        person
        for town in towns
        for one in (body(town),)
        for person in (officer(one), adopter(one, Organ.HEAD), auditor(one))
    ]


def of_prefecture(prefecture: str) -> list[Account]:
    """The people of a prefecture: as a body, for its members, and for the security cloud."""
    one = prefecture_body(prefecture)
    own = (officer(one), adopter(one, Organ.HEAD), auditor(one))
    return [*own, supervisor(prefecture), analyst(prefecture)]


def _person(
    one: Body, word: str, title: str, role: Role, about: str, *, organ: Organ | None = None
) -> Account:
    upper = one.kind is BodyKind.PREFECTURE
    return Account(
        account_id=account_id(one.code, word),
        kind=Kind.STAFF,
        display=f"{one.name}　{title}",
        roles=frozenset({role}),
        municipality=None if upper else one.code,
        prefecture=one.prefecture_code if upper else None,
        organ_id=str(organ) if organ else None,
        persona=True,
        about=about,
    )
