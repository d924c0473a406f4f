"""Who does what in checks; the rules of a round tell officers and auditors apart."""

from typing import Final

from jichitai.web.rights import Role

CHECKERS: Final = frozenset({Role.SECURITY_OFFICER, Role.SECURITY_AUDITOR})
"""Who answers: officers in self-checks, auditors in audits; the service tells them apart."""

DECIDERS: Final = frozenset({Role.SECURITY_OFFICER, Role.POLICY_ADOPTER})
"""Who may permit an exception or accept a risk, if it is not their own."""
