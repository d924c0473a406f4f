"""Who takes part in the migration to standard systems (システム標準化)."""

from typing import Final

from jichitai.web.rights import Role

OFFICER: Final = frozenset({Role.STANDARDISATION_OFFICER})
"""A body's own answers, and its page."""

SUPERVISOR: Final = frozenset({Role.STANDARDISATION_SUPERVISOR})
"""A prefecture: see its members, check what they answer."""

MINISTRY: Final = frozenset({Role.MINISTRY_OFFICER})
"""See all, run the rounds."""

STAFF: Final = frozenset(
    {
        Role.MINISTRY_OFFICER,
        Role.EVALUATION_OFFICER,
        Role.EVALUATION_APPROVER,
        Role.EVALUATION_EXPERT,
    }
)
"""Read the progress at the ministry."""
