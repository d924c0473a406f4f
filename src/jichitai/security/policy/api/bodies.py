"""What the API takes; all of it bounded."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.security.organs import Organ
from jichitai.security.policy.model.text import Part
from jichitai.security.policy.service.editing import LONGEST_BODY, LONGEST_TITLE
from jichitai.security.policy.service.importing import LARGEST

Number: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80)]
Reason: TypeAlias = Annotated[str, Meta(min_length=1, max_length=400)]
Remark: TypeAlias = Annotated[str, Meta(max_length=400)]
ItemId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60)]
Edition: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
Items: TypeAlias = Annotated[tuple[ItemId, ...], Meta(max_length=60)]
Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE)]
BodyText: TypeAlias = Annotated[str, Meta(max_length=LONGEST_BODY)]
AnswerText: TypeAlias = Annotated[str, Meta(max_length=200)]
AnswerValue: TypeAlias = (
    AnswerText
    | Annotated[int, Meta(ge=0, le=100_000)]
    | Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]
)


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Begin a policy; without organs all that owe one adopt it together."""

    name: Annotated[str, Meta(max_length=60)] = ""
    organs: Annotated[tuple[Organ, ...], Meta(max_length=14)] = ()


class Answering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers by the keys of their questions; an empty one takes an answer back."""

    answers: Annotated[dict[Annotated[str, Meta(max_length=40)], AnswerValue], Meta(max_length=60)]
    edition: Edition | None = None


class ClauseText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause as it was edited from an edition; `rival_id` when it settles a rival text."""

    title: Title
    body: BodyText
    items: Items
    edition: Edition
    rival_id: UUID | None = None


class NewClause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause that is added behind another one, or at the end of its part."""

    part: Part
    title: Title
    body: BodyText
    items: Items = ()
    chapter: Annotated[str, Meta(max_length=LONGEST_TITLE)] = ""
    after: UUID | None = None


class Confirming(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clause stays as it is, and why."""

    edition: Edition
    reason: Reason


class Removing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edition that was seen when the clause was taken out."""

    edition: Edition


class Declining(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item that is not applied (`applies` false), or applied again."""

    item: ItemId
    reason: Reason
    applies: bool = False


class Submitting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lay the text before the committee; a reason when items stay without a clause."""

    accepted_gaps: Remark = ""


class MeetingResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the committee said."""

    number: Number
    held_on: date
    approved: bool
    remarks: Remark = ""


class AdoptionDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision of the account's own organ on the text with this hash."""

    decision_number: Number
    decided_on: date
    document_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Reasoned(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deed with its reason."""

    reason: Reason


class Publishing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Publish; the address is our own page unless the body's site shows the text."""

    address: Annotated[str, Meta(max_length=300)] = ""


class Numbered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deed with the number of its decision and its reason."""

    number: Number
    reason: Reason


class Upload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to be read: Word (.docx), PDF with text, or text."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: Annotated[bytes, Meta(max_length=LARGEST)]

    def __repr__(self) -> str:
        """The type only."""
        return "<Upload>"


class ArticleChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person confirmed for an article; without a part it is left out."""

    article: Annotated[int, Meta(ge=0, le=2_000)]
    part: Part | None
    items: Items = ()


class Using(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make clauses of a regulation; articles that are not named follow the proposal."""

    choices: Annotated[tuple[ArticleChoice, ...], Meta(max_length=2_000)] = ()
    designate: bool = False
