"""What arrived messages make of the records of persons; pure, so that any order can be tried.

The outcome depends only on the latest message of each town about a person, never on the order in
which towns were heard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from jichitai.jukinet.model import Claim, second_lives, standing

K = TypeVar("K")


@dataclass(slots=True)
class Person:
    """A person while messages are applied.

    Attributes:
        before: the claim that stood, if any.
        claims: the latest of each town.
        arrived: towns heard now whose message is the latest of that town, with its place.
    """

    before: Claim | None
    claims: dict[str, Claim]
    arrived: dict[str, int] = field(default_factory=dict)

    @property
    def stands(self) -> Claim:
        """The claim that is the record now."""
        return standing(self.claims.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one person.

    Attributes:
        stands: the claim that is the record now.
        replaced: whether it is another than before.
        restored: it is not among the messages that arrived, but in the history.
        others: towns with a live record beside the standing one that had none before, or
            another; by claim.
        settled: towns that had a live record beside the standing one and have none now.
        late: those of `others` whose message came after that of the newer residence.
    """

    stands: Claim
    replaced: bool
    restored: bool
    others: tuple[Claim, ...]
    settled: tuple[str, ...]
    late: tuple[Claim, ...]


class Fold(Generic[K]):
    """Collects claims by person and judges them.

    Args:
        known: the standing claim of persons that have a record.
        former: further claims, the latest of each town in the history.
    """

    def __init__(self, known: Mapping[K, Claim], former: Iterable[tuple[K, Claim]]) -> None:
        """Lay out what is known."""
        self._persons: dict[K, Person] = {}
        self._place = 0
        for key, claim in former:
            self._person(key).claims[claim.municipality] = claim
        for key, claim in known.items():
            person = self._person(key)
            person.before = claim
            person.claims[claim.municipality] = claim
        self._before = {key: dict(person.claims) for key, person in self._persons.items()}

    def hear(self, key: K, claim: Claim) -> bool:
        """Take one message; returns whether it is the latest of its town about the person."""
        person = self._person(key)
        latest = person.claims.get(claim.municipality)
        if latest is not None and not claim.replaces(latest):
            return False
        person.claims[claim.municipality] = claim
        self._place += 1
        person.arrived[claim.municipality] = self._place
        return True

    def verdicts(self) -> Iterable[tuple[K, Verdict]]:
        """The judgement of every person that was heard of."""
        for key, person in self._persons.items():
            if person.arrived:
                yield key, self._judge(key, person)

    def _person(self, key: K) -> Person:
        return self._persons.setdefault(key, Person(None, {}))

    def _judge(self, key: K, person: Person) -> Verdict:
        stands = person.stands
        now = {claim.municipality: claim for claim in second_lives(person.claims.values(), stands)}
        earlier: dict[str, Claim] = {}
        if person.before is not None:
            claims = self._before[key].values()
            earlier = {c.municipality: c for c in second_lives(claims, person.before)}
        others = tuple(claim for town, claim in now.items() if earlier.get(town) != claim)
        heard = person.arrived.get(stands.municipality, 0)
        return Verdict(
            stands=stands,
            replaced=stands != person.before,
            restored=stands != person.before and stands.municipality not in person.arrived,
            others=others,
            settled=tuple(town for town in earlier if town not in now),
            late=tuple(c for c in others if person.arrived.get(c.municipality, 0) > heard),
        )
