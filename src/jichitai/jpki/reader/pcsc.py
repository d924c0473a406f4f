"""Card readers of this computer through PC/SC; needs the optional package pyscard.

`pyscard` builds from source and is imported only here, when somebody asks for a reader.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from jichitai.jpki.reader.client import Transmit
from jichitai.jpki.reader.errors import NoCardError, NoReaderError


def readers() -> list[str]:
    """Names of the readers of this computer.

    Raises:
        NoReaderError: pyscard is not installed, or the reader service does not run.
    """
    return [str(reader) for reader in _readers()]


def has_card(reader: str | None = None) -> bool:
    """Whether a card lies in the reader (in any, when none is named)."""
    try:
        with connected(reader):
            return True
    except (NoCardError, NoReaderError):
        return False


@contextlib.contextmanager
def connected(reader: str | None = None) -> Iterator[Transmit]:
    """A card for oneself: no other program's commands come between ours.

    Args:
        reader: part of the reader's name; the first reader that holds a card when None.

    Raises:
        NoReaderError: there is no such reader, or no reader service.
        NoCardError: no card lies in it.
    """
    found = [one for one in _readers() if reader is None or reader in str(one)]
    if not found:
        raise NoReaderError(
            "カードリーダーが見つかりません。リーダーをつなぎ、名前を指定したときは jichitai chip readers "
            "の一覧と合っていることを確かめてください。"
        )
    connection = _first_with_card(found)
    try:
        yield lambda apdu: _transmit(connection, apdu)
    finally:
        _release(connection)


def _readers() -> list[Any]:
    try:
        from smartcard import System
        from smartcard.Exceptions import ListReadersException
        from smartcard.pcsc.PCSCExceptions import (
            EstablishContextException,
        )
    except ImportError:
        raise NoReaderError(
            "カードリーダーを使う部品 pyscard が入っていません。swig と libpcsclite-dev を入れてから "
            "pip install 'jichitai[pcsc]' で入れるか、--chip でチップのファイルを直接指定してください。"
        ) from None
    try:
        return list(System.readers())
    except (EstablishContextException, ListReadersException):
        raise NoReaderError(
            "カードリーダーのサービス pcscd が動いていません。pcscd を起動してからやり直してください。"
        ) from None


def _first_with_card(candidates: list[Any]) -> Any:
    from smartcard.Exceptions import CardConnectionException, NoCardException
    from smartcard.scard import (
        SCARD_RESET_CARD,
        SCARD_SHARE_EXCLUSIVE,
    )

    busy = False
    for reader in candidates:
        connection = reader.createConnection()
        try:
            connection.connect(mode=SCARD_SHARE_EXCLUSIVE, disposition=SCARD_RESET_CARD)
        except NoCardException:
            _release(connection)
            continue
        except CardConnectionException:
            _release(connection)
            busy = True
            continue
        return connection
    if busy:
        raise NoCardError(
            "カードはありますが、ほかのプログラムが使っているか、読み取れません。"
            "ほかのプログラムを終えるか、カードを置き直してください。"
        )
    raise NoCardError("リーダーにカードがありません。カードを置いてから、やり直してください。")


def _release(connection: Any) -> None:
    """Reset the card and let go of it; where it is gone already, the first attempt says so."""
    from smartcard.Exceptions import CardConnectionException

    for _ in range(2):
        with contextlib.suppress(CardConnectionException):
            connection.release()
            return


def _transmit(connection: Any, apdu: bytes) -> bytes:
    from smartcard.Exceptions import CardConnectionException

    try:
        data, sw1, sw2 = connection.transmit(list(apdu))
    except CardConnectionException:
        raise NoCardError(
            "カードとの通信が切れました。カードを置き直して、最初からやり直してください。"
        ) from None
    return bytes([*data, sw1, sw2])
