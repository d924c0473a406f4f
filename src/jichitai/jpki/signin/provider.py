"""What all parts of sign-in share, put together once per process."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jichitai.infra.clock import Clock
from jichitai.infra.crypto import BlindIndex, Sealer
from jichitai.infra.keys import Keys
from jichitai.jpki.reader.agent_protocol import PORT, origin_of
from jichitai.jpki.status.record import Roots

AGENT: Final = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The OpenID provider of the nation.

    Attributes:
        origin: of this tier, as people reach it.
        keys: of the node; they seal what is kept, and name people for parties.
        clock: law time, in which certificates live.
        agent: origin of the card agent on people's own computers.
        roots: the authorities' certificates.
    """

    origin: str
    keys: Keys
    clock: Clock
    agent: str = AGENT
    roots: Roots = field(default_factory=Roots)

    @property
    def issuer(self) -> str:
        """Name of the provider in its tokens; apart from that of the tokens for public bodies."""
        return f"{self.origin}/openid"

    @property
    def audience(self) -> str:
        """Our origin as cards sign it."""
        return origin_of(f"{self.origin}/")

    @property
    def sealer(self) -> Sealer:
        """Seals what is kept of people."""
        return self.keys.columns

    @property
    def blind(self) -> BlindIndex:
        """Makes the names of people for parties."""
        return self.keys.blind

    @property
    def tls(self) -> bool:
        """Whether people reach us by https."""
        return self.origin.startswith("https:")

    def law_time(self) -> datetime:
        """Now, as certificates see it."""
        return self.clock.now()
