"""Refusals of the embedded servers."""

from jichitai.kernel.errors import ConflictError, UnavailableError


class DirectoryInUseError(ConflictError):
    """Another live process runs a server in the same directory."""

    type = "infra.directory-in-use"
    title = "データの置き場所は別のプロセスが使用中です"


class DirectoryRefusedError(ConflictError):
    """The directory cannot be used: not writable, of somebody else, or holding other things."""

    type = "infra.directory-refused"
    title = "データの置き場所を使えません"


class WrongVersionError(ConflictError):
    """The data were written by another major version of the server."""

    type = "infra.wrong-server-version"
    title = "データの版がサーバーの版と合いません"


class PortTakenError(ConflictError):
    """Another program listens on the port that was asked for."""

    type = "infra.port-taken"
    title = "ポートは別のプログラムが使用中です"


class BinaryMissingError(UnavailableError):
    """The program of the server is not installed, or cannot be run."""

    type = "infra.server-program-missing"
    title = "サーバーのプログラムが見つかりません"


class ServerFailedError(UnavailableError):
    """The server ended before it answered, or did not answer in time."""

    type = "infra.server-failed"
    title = "サーバーを起動できませんでした"
