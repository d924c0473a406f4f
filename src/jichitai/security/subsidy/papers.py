"""The papers of a case (補助金の書類), as values that travel and are kept for ever. Pure.

A paper is its envelope and a body of one kind. `after` is the fingerprint of the paper before it in
the file, empty for the first.
"""

from datetime import date
from hashlib import sha256
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from jichitai.security.messages import PrefectureCode
from jichitai.security.subsidy.handed_in import (
    Application,
    ChangeRequest,
    DisposalRequest,
    PaymentRequest,
    ReturnNotice,
    Settlement,
    StatusReport,
    Withdrawal,
)
from jichitai.security.subsidy.issued import (
    Call,
    Cancellation,
    ChangeApproval,
    Decision,
    DisposalApproval,
    Fixing,
    Payment,
    Rejection,
    ReturnReceipt,
    SendBack,
)
from jichitai.security.subsidy.parts import (
    Fingerprint,
    Name,
    PaperBody,
    Part,
    Side,
)

PrefectureBody: TypeAlias = (
    Application
    | Withdrawal
    | ChangeRequest
    | StatusReport
    | PaymentRequest
    | Settlement
    | ReturnNotice
    | DisposalRequest
)
MinistryBody: TypeAlias = (
    SendBack
    | Rejection
    | Decision
    | ChangeApproval
    | Payment
    | Fixing
    | Cancellation
    | ReturnReceipt
    | DisposalApproval
)
Body: TypeAlias = PrefectureBody | MinistryBody
KINDS: Final[dict[str, type[PaperBody]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Application,
        Withdrawal,
        ChangeRequest,
        StatusReport,
        PaymentRequest,
        Settlement,
        ReturnNotice,
        DisposalRequest,
        SendBack,
        Rejection,
        Decision,
        ChangeApproval,
        Payment,
        Fixing,
        Cancellation,
        ReturnReceipt,
        DisposalApproval,
    )
}
"""Kinds of paper by the name that they travel under."""


def kind_of(body: Body) -> str:
    """The name that a kind travels under.

    >>> kind_of(SendBack(reason="…"))
    'send-back'

    Source: form 1 of this software.
    """
    return str(body.__struct_config__.tag)


class Paper(Part, frozen=True, kw_only=True):
    """書類: a body in its envelope.

    Attributes:
        form: version of this form.
        prefecture: whose case it is.
        case_id: the file it belongs to.
        paper_id: its own.
        number: 文書番号.
        after: fingerprint of the paper before it; empty for the first.
        on: 日付 of the paper.
        body: what it says.
    """

    form: Literal[1] = 1
    prefecture: PrefectureCode
    case_id: UUID
    paper_id: UUID
    number: Name
    after: Fingerprint = ""
    on: date
    body: Body

    @property
    def kind(self) -> str:
        """Name of its kind."""
        return kind_of(self.body)

    @property
    def side(self) -> Side:
        """Who sends it."""
        return self.body.side

    @property
    def text(self) -> str:
        """The paper as JSON text, the same for the same paper."""
        return _encode(self).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the text: what the next paper names as `after`."""
        return sha256(_encode(self)).hexdigest()


_encode = msgspec.json.Encoder(order="deterministic").encode
_papers = msgspec.json.Decoder(Paper)
_calls = msgspec.json.Decoder(Call)


def paper_of(text: str | bytes) -> Paper:
    """The paper that a JSON text says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _papers.decode(text)


def call_of(text: str | bytes) -> Call:
    """The call that a JSON text says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _calls.decode(text)


def text_of(value: Struct) -> str:
    """A call, body or draft as JSON text.

    Source: form 1 of this software.
    """
    return _encode(value).decode()
