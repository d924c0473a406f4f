"""What the handlers of the workshop ask for, and what they make of it."""

from typing import TypeAlias

from jichitai.infra.outbox import Outbox
from jichitai.web.inject import Given

Outgoing: TypeAlias = Given[Outbox]
"""The tier's outbox, by the argument's name `outbox`."""
