"""Who asks: the ministry."""

from typing import Final

from jichitai.correspondence.service.place import MINISTRY_KEY, Overseer

MINISTRY_OVERSEER: Final = Overseer(MINISTRY_KEY)
"""総務省; it asks all 1,788 bodies."""
