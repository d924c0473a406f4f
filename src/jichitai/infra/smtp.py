"""One mail server: connect under TLS, hand letters over, tell refusals for good from others.

Everything here blocks; it runs in a thread.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final, Literal

_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server.

    Attributes:
        host: its name or address.
        port: its port.
        tls: `implicit` (smtps), or `starttls`.
        user: empty when it asks for no login.
        password: never shown.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls"]
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port}, {self.tls})"

    @property
    def here(self) -> bool:
        """Whether it runs on this computer, where nothing travels that TLS would protect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try; `reason` in words without anybody's address."""

    outcome: Literal["sent", "deferred", "refused"]
    reason: str = ""


SENT: Final = Outcome("sent")


def connect(server: Server, trust: ssl.SSLContext) -> tuple[smtplib.SMTP | None, Outcome]:
    """Open a session; without one, why."""
    try:
        return _open(server, trust), SENT
    except smtplib.SMTPAuthenticationError:
        return None, Outcome("deferred", "メールサーバーにサインインできません。")
    except ssl.SSLError:
        return None, Outcome("deferred", "メールサーバーの証明書を確かめられません。")
    except smtplib.SMTPNotSupportedError:
        return None, Outcome(
            "deferred", "メールサーバーが暗号化（STARTTLS）か認証に対応していません。"
        )
    except (smtplib.SMTPException, OSError):
        return None, Outcome("deferred", "メールサーバーにつながりません。")


def _open(server: Server, trust: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls == "implicit":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_SECONDS, context=trust
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    try:
        connection.ehlo_or_helo_if_needed()
        if server.tls == "starttls" and (connection.has_extn("starttls") or not server.here):
            connection.starttls(context=trust)
            connection.ehlo()
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def hand_over(connection: smtplib.SMTP, message: EmailMessage) -> Outcome:
    """Hand over one letter."""
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        (code, _), *_ = error.recipients.values()
        return _refusal(code, "宛先が受け付けられませんでした")
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, "メールサーバーが受け付けませんでした")
    except (smtplib.SMTPException, OSError):
        return Outcome("deferred", "メールサーバーとの接続が切れました。")
    return SENT


def _refusal(code: int, what: str) -> Outcome:
    """The server's number says whether it is for good; its words may hold addresses."""
    return Outcome("refused" if 500 <= code < 600 else "deferred", f"{what}（{code}）。")


def close(connection: smtplib.SMTP) -> None:
    """End the session."""
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        connection.close()
