"""Refusals of the chip's own tools. What the chip answers to a command is a status word instead."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


class BrokenObjectError(InvalidError):
    """A data object of a chip that cannot be read."""

    type = "jpki.broken-chip-object"
    title = "カードのデータを読み取れません"


class ForgedObjectError(InvalidError):
    """A data object whose signature, or the certificate behind it, does not hold."""

    type = "jpki.forged-chip-object"
    title = "カードのデータの署名を確認できません"


class UndrawableFaceError(InvalidError):
    """The face of a card cannot be drawn from these data."""

    type = "jpki.undrawable-face"
    title = "券面を作成できません"


class NoChipError(NotFoundError):
    """There is no chip file of this name."""

    type = "jpki.no-chip"
    title = "チップのファイルがありません"


class DamagedChipError(UnavailableError):
    """The chip file is not what was written."""

    type = "jpki.damaged-chip"
    title = "チップのファイルが壊れています"


class ChipInUseError(ConflictError):
    """Another program holds the chip, as only one reader can hold a card."""

    type = "jpki.chip-held"
    title = "チップは別のプログラムが使用中です"


class ChipExistsError(ConflictError):
    """A chip is never made over another one."""

    type = "jpki.chip-exists"
    title = "同じ名前のチップがあります"
