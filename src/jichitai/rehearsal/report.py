"""What the demo tells the person who watches: the result, the story, and where to look."""

from rich.console import Console
from rich.table import Table

from jichitai.kernel.municipalities import municipality
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.demo import Outcome, Stage
from jichitai.rehearsal.driver import cards

_TIERS = {
    Tier.TOWN: ("市区町村", "窓口の職員、審査の職員、運用担当"),
    Tier.PREFECTURE: ("都道府県", "運用担当"),
    Tier.NATION: ("全国", "利用機関の担当、住民本人、運用担当、監査担当"),
    Tier.MINISTRY: ("府省", "政策担当"),
}


def result(console: Console, outcome: Outcome) -> None:
    """The figures of the run."""
    table = Table(title="演習の結果", show_header=False)
    rows = (
        ("処理した届出", f"{outcome.events:,}件"),
        ("運ばれた電文", f"{outcome.messages:,}通"),
        ("提供（照会への回答）", f"{outcome.provisions:,}件"),
        ("失われたもの", f"{outcome.lost}件"),
        ("二重に効いたもの", f"{outcome.doubled}件"),
        ("階層間の不一致", f"{outcome.digest_differences}件"),
        ("総務省に届いた日次集計", f"{outcome.figure_days:,}日分"),
        ("数え直しとの違い", f"{outcome.figure_differences}件"),
        ("確かめた証明", f"{outcome.proofs_checked}件"),
        ("カードでのサインイン", f"{outcome.card_sign_ins}人"),
        ("かかった時間", f"{outcome.seconds:.0f}秒"),
    )
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)


def stay(stage: Stage, outcome: Outcome) -> None:
    """The result, the people of the story, and the addresses of every tier."""
    console = stage.console
    result(console, outcome)
    console.print("\n[bold]物語の3人[/]（すべて架空です）")
    for one in stage.seen:
        hero, town = one.hero, municipality(one.hero.town).full_name
        console.print(
            f"  [bold]{hero.name}[/]　{hero.title}（{town}）\n    {hero.story}\n"
            f"    見た機関：{'、'.join(dict.fromkeys(one.bodies)) or 'なし'}"
            f"（証明 {one.proofs}件を確かめました）\n"
            f"    本人の画面：{stage.nation.origin(Tier.NATION)}/me"
            f"（カードでサインイン、または「住民（{hero.title}）」として）"
        )
    _cards(stage)
    console.print("\n[bold]画面[/]（どれもこの装置からだけ開けます）")
    for tier, (name, people) in _TIERS.items():
        origin = stage.nation.origin(tier)
        console.print(f"  {name}　{origin}/sign-in/personas\n    登場人物：{people}")
    console.print("\n終えるには Ctrl+C を押してください。データは残り、次は短い時間で始まります。")
    console.print(f"データの場所：{stage.settings.directory}")


def _cards(stage: Stage) -> None:
    """Where the cards of the story are, and how to use them from a browser."""
    folder = stage.settings.directory / cards.FOLDER
    nation, town = (stage.nation.origin(tier) for tier in (Tier.NATION, Tier.TOWN))
    stage.console.print(
        f"\n[bold]3人のカード[/]　{folder}（仮想のカード）\n"
        f"  暗証番号：利用者証明用 {cards.USER_AUTH_PIN}、署名用 {cards.SIGNING_PIN}\n"
        "  ブラウザーから使うには、別の端末で次を動かしてから、本人の画面を開きます。\n"
        f"    .venv/bin/jichitai chip agent --site {nation} --counter {town} --chip {folder}",
        soft_wrap=True,
    )
