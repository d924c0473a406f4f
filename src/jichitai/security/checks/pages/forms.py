"""What every form of these pages shares: what was typed, and the answer to a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from litestar import Request
from litestar.datastructures import UploadFile

from jichitai.kernel.errors import ConflictError, ForbiddenError, JichitaiError, NotFoundError
from jichitai.security.checks.errors import CheckFormError
from jichitai.security.checks.model.texts import plain

AnyRequest: TypeAlias = Request[Any, Any, Any]
Typed: TypeAlias = dict[str, Any]


async def typed_into(request: AnyRequest, *lists: str) -> Typed:
    """Texts of a form by name; of `lists`, all values."""
    sent = await request.form()
    typed: Typed = {
        name: plain(value).strip() for name, value in sent.items() if isinstance(value, str)
    }
    return typed | {name: [plain(str(value)) for value in sent.getall(name, [])] for name in lists}


async def file_of(request: AnyRequest, name: str) -> tuple[str, bytes] | None:
    """A file of a form: its name and content; None when none was chosen."""
    sent = (await request.form()).get(name)
    if not isinstance(sent, UploadFile):
        return None
    content = await sent.read()
    return (plain(sent.filename), content) if content or sent.filename else None


def ids(values: Sequence[str], field: str) -> tuple[UUID, ...]:
    """Ids that a form sent.

    Raises:
        CheckFormError: one of them is none.
    """
    try:
        return tuple(UUID(value) for value in values)
    except ValueError:
        raise CheckFormError.of(
            {field: "選ばれた番号を読めません。一覧から選び直してください。"}
        ) from None


def whole(typed: Mapping[str, Any], name: str) -> int | None:
    """A whole number of a form; None when it is none."""
    text = str(typed.get(name, "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def status_of(refusal: JichitaiError) -> int:
    """The status with which a form comes back."""
    if isinstance(refusal, ForbiddenError | NotFoundError):
        raise refusal
    return 409 if isinstance(refusal, ConflictError) else 422
