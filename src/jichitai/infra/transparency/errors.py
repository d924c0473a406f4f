"""What a check of the log can find wrong: one class per check, so that the failed one is named."""

from jichitai.kernel.errors import ConflictError, InvalidError, NotFoundError


class ProofError(InvalidError):
    """A proof, a record or a tree head does not hold."""

    type = "transparency.proof"
    title = "証明が成り立ちません"


class ProofFormatError(ProofError):
    """The document is not a proof of the format and version that this program reads."""

    type = "transparency.proof-format"
    title = "証明ファイルの形式が正しくありません"


class RecordMismatchError(ProofError):
    """The record and the leaf hash written beside it differ: the record was changed."""

    type = "transparency.record-mismatch"
    title = "記録の内容が証明と一致しません"


class IndexOutOfRangeError(ProofError):
    """The index lies outside the tree."""

    type = "transparency.index-out-of-range"
    title = "記録の番号がログの大きさを超えています"


class PathLengthError(ProofError):
    """The number of hashes in a path does not fit the index and the size."""

    type = "transparency.path-length"
    title = "証明のハッシュの数が合いません"


class PathHashError(ProofError):
    """A hash of a path is not 32 bytes."""

    type = "transparency.path-hash"
    title = "証明のハッシュの長さが正しくありません"


class RootMismatchError(ProofError):
    """The path leads to another root than the signed one."""

    type = "transparency.root-mismatch"
    title = "証明から計算した値が署名された値と一致しません"


class OldRootMismatchError(ProofError):
    """The consistency path does not lead to the earlier root: the past was rewritten."""

    type = "transparency.old-root-mismatch"
    title = "以前の署名済みの値と一致しません（過去の記録が書き換えられたおそれがあります）"


class NewRootMismatchError(ProofError):
    """The consistency path does not lead to the later root."""

    type = "transparency.new-root-mismatch"
    title = "新しい署名済みの値と一致しません"


class ShrunkLogError(ProofError):
    """The later head is smaller than the earlier one."""

    type = "transparency.shrunk-log"
    title = "ログの大きさが以前より小さくなっています"


class CheckpointFormatError(ProofError):
    """The text is not a checkpoint."""

    type = "transparency.checkpoint-format"
    title = "署名済みのログの状態（チェックポイント）の形式が正しくありません"


class CheckpointSignatureError(ProofError):
    """No signature of a known key holds over the checkpoint."""

    type = "transparency.checkpoint-signature"
    title = "チェックポイントの署名が正しくありません"


class UnknownLogError(ProofError):
    """The checkpoint speaks of another log, or no trusted key is known for it."""

    type = "transparency.unknown-log"
    title = "このログの公開鍵がありません"


class LogSizeError(InvalidError):
    """A size was asked that the log does not have."""

    type = "transparency.log-size"
    title = "指定されたログの大きさが正しくありません"


class LogMissingError(NotFoundError):
    """There is no log of this name."""

    type = "transparency.log-missing"
    title = "この名前のログはありません"


class LogDamagedError(ConflictError):
    """The stored tiles do not give the root that the head states."""

    type = "transparency.log-damaged"
    title = "保存されたログの内容とログの状態が一致しません"
