"""The cast of システム標準化 and 政策評価: who answers, who checks, who writes and who approves."""

from collections.abc import Sequence

from jichitai.kernel.bodies import Body, BodyKind, body, prefecture_body
from jichitai.rehearsal.driver.cast import account_id
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role


def migration_officer(one: Body) -> Account:
    """Who answers for a body's migration."""
    upper = one.kind is BodyKind.PREFECTURE
    return Account(
        account_id=account_id(one.code, "standardisation"),
        kind=Kind.STAFF,
        display=f"{one.name}　システム標準化担当",
        roles=frozenset({Role.STANDARDISATION_OFFICER}),
        municipality=None if upper else one.code,
        prefecture=one.prefecture_code if upper else None,
        persona=True,
        about="標準準拠システムへの移行の状況を答えます。",
    )


def migration_supervisor(prefecture: str) -> Account:
    """Who checks what a prefecture's members answer."""
    one = prefecture_body(prefecture)
    return Account(
        account_id=account_id(one.code, "standardisation-supervisor"),
        kind=Kind.STAFF,
        display=f"{one.name}　システム標準化支援担当",
        roles=frozenset({Role.STANDARDISATION_SUPERVISOR}),
        prefecture=prefecture,
        persona=True,
        about="構成団体の移行の状況を見て、回答を確認します。",
    )


def of_towns(towns: Sequence[str]) -> list[Account]:
    """Who answers for each town."""
    return [migration_officer(body(town)) for town in towns]


def of_prefecture(prefecture: str) -> list[Account]:
    """Who answers for a prefecture, and who checks its members."""
    return [migration_officer(prefecture_body(prefecture)), migration_supervisor(prefecture)]


def of_ministry() -> list[Account]:
    """Who writes the evaluation, who approves it, and who is asked for remarks."""
    return [
        _evaluator("officer", "政策評価担当", Role.EVALUATION_OFFICER, "評価書を書きます。"),
        _evaluator(
            "approver", "政策評価　決裁者", Role.EVALUATION_APPROVER, "評価書を決裁し、公表します。"
        ),
        _evaluator(
            "expert", "学識経験者", Role.EVALUATION_EXPERT, "評価書の案を読み、意見を書きます。"
        ),
    ]


def _evaluator(word: str, title: str, role: Role, about: str) -> Account:
    return Account(
        account_id=account_id("ministry", f"evaluation-{word}"),
        kind=Kind.STAFF,
        display=f"総務省　{title}",
        roles=frozenset({role}),
        persona=True,
        about=about,
    )
