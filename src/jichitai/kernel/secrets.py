"""Values that must never appear in a log line, a URL, an error or a trace."""

import hmac
from typing import NoReturn, Self, final


class Secret:
    """A text that only `reveal` shows.

    `repr`, `str`, `format` and every trace of local variables print the class name and dots.
    The value cannot be changed, pickled or compared with a plain text.

    >>> Secret("12345678903")
    <Secret ・・・>
    >>> f"{Secret('12345678903'):>5}"
    '<Secret ・・・>'
    >>> Secret("12345678903").reveal()
    '12345678903'

    Source: 住民基本台帳法 第30条の37, 第30条の38 (告知要求の制限); 番号法 第12条 (安全管理措置).
    """

    __slots__ = ("_value",)

    _value: str

    def __init__(self, value: str) -> None:
        """Wrap a value that the caller has checked."""
        object.__setattr__(self, "_value", value)

    @final
    def reveal(self) -> str:
        """The value itself; every call is a place that a reviewer looks at.

        Source: 番号法 第12条 (安全管理措置).
        """
        return self._value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} は変更できません")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} は変更できません")

    @final
    def __repr__(self) -> str:
        return f"<{type(self).__name__} ・・・>"

    @final
    def __str__(self) -> str:
        return repr(self)

    @final
    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} は保存や送信のために直列化できません")
