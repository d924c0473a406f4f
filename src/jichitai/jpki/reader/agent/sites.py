"""Sites that the agent works for, named when it starts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from jichitai.jpki.reader.agent_protocol import origin_of
from jichitai.jpki.reader.errors import BadAgentRequestError, StrangeOriginError


@dataclass(frozen=True, slots=True)
class Site:
    """A site on the list.

    Attributes:
        origin: such as `https://id.example.jp`.
        name: what the agent calls it before the holder; the site has no say in it.
        counter: whether it is a counter, which may also read faces and write cards.
    """

    origin: str
    name: str
    counter: bool = False

    @classmethod
    def parse(cls, text: str, *, counter: bool = False) -> Self:
        """Read `ORIGIN` or `ORIGIN=NAME`.

        >>> Site.parse("https://id.example.jp=本人確認サービス").name
        '本人確認サービス'

        Raises:
            BadAgentRequestError: the origin is no https address, nor one of this computer.
        """
        address, _, name = text.partition("=")
        origin = origin_of(address.strip())
        if origin != address.strip().rstrip("/").lower():
            raise BadAgentRequestError(
                f"サイトは https://例.jp のように、パスを付けずに指定してください（{origin}）。"
            )
        return cls(origin, name.strip() or origin, counter)


class Sites:
    """The list."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites = {site.origin: site for site in sites}

    def __iter__(self) -> Iterator[Site]:
        return iter(self._sites.values())

    def get(self, origin: str | None) -> Site:
        """The site of an `Origin` header.

        Raises:
            StrangeOriginError: it is not on the list, or the browser names none.
        """
        site = self._sites.get(origin or "")
        if site is None:
            raise StrangeOriginError(
                "このカードの操作の部品は、登録したサイトからの依頼だけを受け付けます。依頼したサイトは"
                "登録にないか、ブラウザーが依頼元を示していません。カードには何も送っていません。"
                "心当たりがなければ、この画面を閉じてください。"
            )
        return site
