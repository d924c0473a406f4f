"""What a route handler may ask for by name.

    @get("/api/v1/residents/{resident:uuid}", opt={"roles": frozenset({Role.CLERK})})
    async def resident(resident: FromPath[UUID], principal: Who, db: Db) -> Resident: ...

The names of the arguments are fixed: `principal`, `db`, `clock`, `keys`, `settings`. Parameters of
the path and the query are marked with Litestar's `FromPath[T]` and `FromQuery[T]`; a body is called
`data` and marked with `JSONBody[T]`, `URLEncodedBody[T]` or `MultipartBody[T]`. Services that
`main` adds are marked with `Given[T]`.
"""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.web.rights import Principal

T = TypeVar("T")

Given: TypeAlias = NamedDependency[SkipValidation[T]]
"""Something the application puts in by the argument's name; it is not checked again."""

Who: TypeAlias = Given[Principal]
Db: TypeAlias = Given[Database]
LawClock: TypeAlias = Given[Clock]
NodeKeys: TypeAlias = Given[Keys]
NodeSettings: TypeAlias = Given[Settings]
