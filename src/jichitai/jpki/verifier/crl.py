"""Lists of revocations: read once, checked once, asked many times."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import crl as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from jichitai.jpki.kinds import Reason
from jichitai.jpki.verifier.certificate import UNREADABLE, ends_in_whole_bytes
from jichitai.jpki.verifier.model import Confirmation, Subject
from jichitai.jpki.verifier.refusals import (
    HeldError,
    MalformedStatusError,
    RevokedError,
    StaleStatusError,
    StatusUnreachableError,
    UntrustedStatusError,
    WrongScopeStatusError,
)
from jichitai.jpki.verifier.trust import Anchor, Trust

FULL: Final = b""
"""Stands for the list that is not limited to one municipality."""

Fetch = Callable[[str], Awaitable[bytes]]
_KNOWN: Final = frozenset({x509.IssuingDistributionPoint.oid})
_KNOWN_ENTRY: Final = frozenset({x509.CRLReason.oid, x509.InvalidityDate.oid})


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list whose signature and scope have been checked.

    Attributes:
        anchor: the authority and generation that signed it.
        partition: DER of the distribution point's name; `FULL` for the full list.
        this_update: when it was made.
        next_update: when the next one is due.
        revoked: reason and time by serial.
    """

    anchor: Anchor
    partition: bytes
    this_update: datetime
    next_update: datetime
    revoked: dict[int, tuple[Reason, datetime]]

    def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Refuse a certificate that is on the list, and a list whose time is not now.

        Raises:
            StaleStatusError: the list is too old, or of the future.
            HeldError, RevokedError: the certificate is on it.
        """
        if not self.this_update <= at <= self.next_update:
            raise StaleStatusError(
                "失効情報の一覧の有効期間外です。その後の失効が分からないため、有効とはみなしません。"
                "最新の失効情報を取得してやり直してください。",
                this_update=self.this_update.isoformat(),
                next_update=self.next_update.isoformat(),
            )
        found = self.revoked.get(subject.serial)
        if found is not None:
            raise revocation(*found)
        return Confirmation(
            source="crl", this_update=self.this_update, next_update=self.next_update
        )


class CrlStore:
    """The lists that a verifier holds, the newest of each scope.

    Args:
        trust: whose lists are believed.
    """

    def __init__(self, trust: Trust) -> None:
        """Start without lists."""
        self._trust = trust
        self._lists: dict[tuple[str, bytes], RevocationList] = {}

    def add(self, der: bytes) -> RevocationList:
        """Check a list and keep it, unless a newer one of its scope is here.

        Raises:
            MalformedStatusError: it is no list, or has parts that nobody knows.
            UntrustedStatusError: no trusted authority signed it.
            WrongScopeStatusError: it is limited in a way that people's certificates never need.
        """
        found = read_list(der, self._trust)
        place = (found.anchor.id, found.partition)
        held = self._lists.get(place)
        if held is None or held.this_update <= found.this_update:
            self._lists[place] = found
        return self._lists[place]

    def held(self, subject: Subject) -> RevocationList | None:
        """The newest list that speaks of this certificate."""
        scopes = [FULL, *partitions(subject)]
        found = [self._lists.get((subject.authority, scope)) for scope in scopes]
        lists = [held for held in found if held is not None]
        return max(lists, key=lambda held: held.this_update, default=None)

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Ask the lists that are here; without one, refuse."""
        held = self.held(subject)
        if held is None:
            raise StatusUnreachableError(
                "この電子証明書を対象とする失効情報の一覧が手元にありません。失効していないことを"
                "確かめられないため受け付けません。失効情報を取得してやり直してください。"
            )
        return held.confirm(subject, at)


class FetchedCrls:
    """Lists that are fetched when needed: the municipality's own, which is small.

    Args:
        trust: whose lists are believed.
        fetch: returns the bytes at a path such as `/jpki/crl/signing-2/011002.crl`, and raises
            `StatusUnreachableError` when it cannot.
        full: fetch full lists instead.
        refresh: how old a list may be before a newer one is asked for; the older one serves on
            until its own end when none can be had.
    """

    def __init__(
        self,
        trust: Trust,
        fetch: Fetch,
        *,
        full: bool = False,
        refresh: timedelta = timedelta(hours=6),
    ) -> None:
        """Start without lists."""
        self._lists = CrlStore(trust)
        self._fetch = fetch
        self._full = full
        self._refresh = refresh

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        """Ask the list of the certificate's scope, fetched if need be."""
        held = self._lists.held(subject)
        if held is None or not held.this_update <= at <= held.this_update + self._refresh:
            await self._update(subject, needed=held is None or at > held.next_update)
        return await self._lists.confirm(subject, at)

    async def _update(self, subject: Subject, *, needed: bool) -> None:
        """Take the municipality's list, or the full one where none is published."""
        code = None if self._full else municipality_of(subject)
        names = [subject.authority] if code is None else [f"{subject.authority}/{code}"]
        if code is not None:
            names.append(subject.authority)
        problem: StatusUnreachableError | None = None
        for name in names:
            try:
                found = self._lists.add(await self._fetch(f"/jpki/crl/{name}.crl"))
            except StatusUnreachableError as error:
                problem = error
                continue
            _check_scope(found, subject)
            return
        if needed and problem is not None:
            raise problem


def read_list(der: bytes, trust: Trust) -> RevocationList:
    """Read a list and check who signed it and what it speaks of.

    Raises:
        MalformedStatusError: it is no list, or has parts that nobody knows.
        UntrustedStatusError: no trusted authority signed it.
        WrongScopeStatusError: it is limited in a way that people's certificates never need.

    Source: RFC 5280 5.1, 5.2.4, 5.2.5, 6.3.3.
    """
    try:
        parsed = x509.load_der_x509_crl(der)
        issuer: bytes = asn1.CertificateList.load(der)["tbs_cert_list"]["issuer"].dump()
        revoked = _entries(parsed)
        this_update, next_update = parsed.last_update_utc, parsed.next_update_utc
        extensions = parsed.extensions
    except UNREADABLE as error:
        raise _malformed() from error
    if next_update is None or not ends_in_whole_bytes(der, parsed.signature):
        raise _malformed()
    anchor = _signer(parsed, issuer, extensions, trust)
    if any(found.critical and found.oid not in _KNOWN for found in extensions):
        raise _out_of_scope()
    return RevocationList(
        anchor=anchor,
        partition=_partition(extensions),
        this_update=this_update,
        next_update=next_update,
        revoked=revoked,
    )


def partitions(subject: Subject) -> list[bytes]:
    """Names of the distribution points of a certificate, DER."""
    return [name.public_bytes() for name in _point_names(subject)]


def municipality_of(subject: Subject) -> str | None:
    """The code at the end of the distribution point's name: whose list the certificate is on."""
    for name in _point_names(subject):
        for common in name.get_attributes_for_oid(NameOID.COMMON_NAME):
            code = str(common.value).rpartition(" ")[2]
            if len(code) == 6 and code.isascii() and code.isdigit():
                return code
    return None


def _point_names(subject: Subject) -> list[x509.Name]:
    try:
        points = subject.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return []
    return [
        name.value
        for point in points.value
        if point.reasons is None and point.crl_issuer is None
        for name in point.full_name or ()
        if isinstance(name, x509.DirectoryName)
    ]


def _check_scope(found: RevocationList, subject: Subject) -> None:
    speaks_of = found.partition == FULL or found.partition in partitions(subject)
    if found.anchor.id != subject.authority or not speaks_of:
        raise WrongScopeStatusError(
            "別の認証局または別の市区町村の失効情報の一覧が届きました。この電子証明書については"
            "何も分かりません。取得先を確かめてやり直してください。"
        )


def revocation(reason: Reason, since: datetime) -> HeldError | RevokedError:
    """The refusal of a certificate that is held or revoked."""
    facts = {"reason": str(reason), "since": since.isoformat()}
    if reason is Reason.HOLD:
        return HeldError(
            "一時停止中の電子証明書です。カードの紛失などの届出があり、解除はされません。"
            "住所地の市区町村の窓口で新しい電子証明書の発行を受けてください。",
            **facts,
        )
    return RevokedError(
        f"失効した電子証明書です（理由: {reason.japanese}）。"
        "住所地の市区町村の窓口で新しい電子証明書の発行を受けてください。",
        **facts,
    )


def _entries(parsed: x509.CertificateRevocationList) -> dict[int, tuple[Reason, datetime]]:
    revoked: dict[int, tuple[Reason, datetime]] = {}
    for entry in parsed:
        reason = Reason.UNSPECIFIED
        for extension in entry.extensions:
            if extension.critical and extension.oid not in _KNOWN_ENTRY:
                raise _malformed()
            if isinstance(extension.value, x509.CRLReason):
                reason = reason_of(extension.value.reason)
        revoked[entry.serial_number] = (reason, entry.revocation_date_utc)
    return revoked


def reason_of(flag: x509.ReasonFlags | None) -> Reason:
    """The reason as this package names it; one that it does not name is unspecified."""
    try:
        return Reason.UNSPECIFIED if flag is None else Reason(flag.value)
    except ValueError:
        return Reason.UNSPECIFIED


def _signer(
    parsed: x509.CertificateRevocationList, issuer: bytes, extensions: x509.Extensions, trust: Trust
) -> Anchor:
    named = trust.signing.named(issuer) + trust.user_auth.named(issuer)
    try:
        found = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        found = None
    for anchor in named:
        if found is not None and found.key_identifier not in (None, anchor.key_identifier):
            continue
        if _signed_by(parsed, anchor):
            return anchor
    raise UntrustedStatusError(
        "失効情報の一覧に、信頼する認証局の署名がありません。偽の一覧のおそれがあるため使いません。"
        "認証局が公表する場所から取得し直してください。"
    )


def _signed_by(parsed: x509.CertificateRevocationList, anchor: Anchor) -> bool:
    signature, content = parsed.signature, parsed.tbs_certlist_bytes
    algorithm = parsed.signature_algorithm_oid
    try:
        if isinstance(anchor.key, rsa.RSAPublicKey):
            anchor.key.verify(signature, content, PKCS1v15(), SHA256())
            return algorithm == SignatureAlgorithmOID.RSA_WITH_SHA256
        anchor.key.verify(signature, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA256


def _partition(extensions: x509.Extensions) -> bytes:
    """The scope: `FULL`, or the name of one distribution point."""
    try:
        point = extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return FULL
    limited = point.only_contains_ca_certs or point.only_contains_attribute_certs
    if limited or point.indirect_crl or point.only_some_reasons or point.relative_name:
        raise _out_of_scope()
    names = point.full_name or []
    if not names:
        return FULL
    if len(names) != 1 or not isinstance(names[0], x509.DirectoryName):
        raise _out_of_scope()
    return names[0].value.public_bytes()


def _malformed() -> MalformedStatusError:
    return MalformedStatusError(
        "失効情報の一覧として読み取れないか、意味の分からない必須の項目があります。"
        "認証局が公表する場所から取得し直してください。"
    )


def _out_of_scope() -> WrongScopeStatusError:
    return WrongScopeStatusError(
        "利用者の電子証明書のすべての失効を載せた一覧ではありません（差分、間接、一部の理由など）。"
        "市区町村別または全件の一覧を取得してやり直してください。"
    )
