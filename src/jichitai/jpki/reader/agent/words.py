"""What the agent's page says for each purpose."""

from dataclasses import dataclass
from typing import Final

from jichitai.jpki.reader.agent_protocol import Purpose


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of the page of one purpose.

    Attributes:
        head: its title.
        deed: what happens.
        uses: what of the card is used.
        given: what the site gets.
        verb: the button.
    """

    head: str
    deed: str
    uses: str
    given: str
    verb: str


WORDS: Final = {
    Purpose.USER_AUTH: Words(
        "カードで本人確認をする",
        "あなたのカードであることを、依頼元のサイトに証明します",
        "利用者証明用電子証明書",
        "電子証明書（氏名や住所は入っていません）と、その証明",
        "本人確認をする",
    ),
    Purpose.SIGNATURE: Words(
        "カードで署名する",
        "下の文に、実印に当たる署名をします",
        "署名用電子証明書",
        "電子証明書（氏名、住所、生年月日、性別が入っています）と、文への署名",
        "署名する",
    ),
    Purpose.READ: Words(
        "カードの券面を読み取る",
        "カードに記録された券面の内容を、依頼元の窓口に渡します",
        "券面事項確認、券面事項入力補助（照合番号Bで開きます）",
        "氏名、住所、生年月日、性別、顔写真、有効期限。個人番号は渡しません",
        "券面を読み取る",
    ),
}
