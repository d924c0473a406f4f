"""Paths of any length under RFC 5280: policies, mappings, name constraints, lists of any scope.

People's certificates hang directly under their authority and are checked field by field in
`certificate`. This is the general validation for whoever has longer chains, and the second opinion
that the tests hold against ours. A well-kept validator does it; what is added here is the choice of
what it gets to see, the refusals, and no second chance when the first path has been refused.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    InsufficientRevinfoError,
    PathBuildingError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.errors import ExpiredError as PathExpiredError
from pyhanko_certvalidator.errors import NotYetValidError as PathNotYetValidError
from pyhanko_certvalidator.errors import RevokedError as PathRevokedError

from jichitai.jpki.kinds import Reason
from jichitai.jpki.verifier.crl import revocation
from jichitai.jpki.verifier.refusals import (
    ExpiredError,
    ForgedCertificateError,
    MalformedCertificateError,
    NotEndEntityError,
    NotYetValidError,
    PathTooLongError,
    RefusedError,
    StaleStatusError,
    StatusUnreachableError,
    UnknownExtensionError,
    WeakAlgorithmError,
    WrongChainError,
    WrongNamesError,
    WrongPolicyError,
    WrongUsageError,
)

ANY_POLICY: Final = frozenset({"any_policy"})
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)  # it would name subjects

_PHRASES: Final[tuple[tuple[str, type[RefusedError]], ...]] = (
    ("path length", PathTooLongError),
    ("polic", WrongPolicyError),
    ("could not be verified", ForgedCertificateError),
    ("namespace", WrongNamesError),
    ("allowed to sign", WrongUsageError),
    ("not a CA", NotEndEntityError),
    ("basic constraints", NotEndEntityError),
    ("critical extension", UnknownExtensionError),
)
"""The validator has one class for these; its sentence says which check it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The inputs of path validation.

    Attributes:
        policies: identifiers of acceptable policies; any without.
        explicit_policy: a valid policy must remain at the end.
        inhibit_mapping: no policy may be mapped to another.
        inhibit_any: the policy "any" stands for none.

    Source: RFC 5280 6.1.1.
    """

    policies: frozenset[str] = ANY_POLICY
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was proved: DER of each certificate, the trust anchor first."""

    certificates: tuple[bytes, ...]


async def check_path(
    certificate: bytes,
    *,
    anchors: Sequence[bytes],
    others: Sequence[bytes] = (),
    lists: Sequence[bytes] = (),
    at: datetime,
    rules: Rules | None = None,
) -> Path:
    """Find a valid path from a trust anchor to a certificate; every certificate needs its status.

    Args:
        certificate: DER.
        anchors: trusted certificates, DER.
        others: certificates that may stand between, DER.
        lists: lists of revocations, DER. Only those of issuers on the way, or named by a
            certificate on the way, are looked at.
        at: aware.
        rules: which policies are accepted.

    Raises:
        RefusedError: one subclass for each thing that can be wrong.

    Source: RFC 5280 6.1, 6.3.
    """
    wanted = rules or Rules()
    try:
        target = asn1.Certificate.load(certificate, strict=True)
        between, spoken = _on_the_way(target, others, lists)
        context = ValidationContext(
            trust_roots=[asn1.Certificate.load(anchor) for anchor in anchors],
            other_certs=between,
            crls=spoken,
            moment=at,
            revocation_mode="require",
        )
        params = PKIXValidationParams(
            user_initial_policy_set=wanted.policies,
            initial_explicit_policy=wanted.explicit_policy,
            initial_policy_mapping_inhibit=wanted.inhibit_mapping,
            initial_any_policy_inhibit=wanted.inhibit_any,
        )
        validator = CertificateValidator(target, validation_context=context, pkix_params=params)
        found = await validator.async_validate_path()
        return Path(tuple(one.dump() for one in found.iter_certs(include_root=True)))
    except ValueError as error:
        raise MalformedCertificateError(
            "証明書または失効情報を読み取れません。DER形式のまま渡してください。"
        ) from error
    except (ValidationError, PathBuildingError) as error:
        raise _refusal(error) from error


def _on_the_way(
    target: asn1.Certificate, others: Sequence[bytes], lists: Sequence[bytes]
) -> tuple[list[asn1.Certificate], list[asn1_crl.CertificateList]]:
    """Certificates and lists whose names are asked for, going up from the target."""
    by_name: dict[bytes, list[asn1.Certificate]] = {}
    for der in others:
        by_name.setdefault(_subject_of(der), []).append(asn1.Certificate.load(der))
    asked: set[bytes] = set()
    chosen: list[asn1.Certificate] = []
    waiting = [target]
    while waiting:
        for name in _asks_for(waiting.pop()) - asked:
            asked.add(name)
            chosen += by_name.get(name, [])
            waiting += by_name.get(name, [])
    spoken = [asn1_crl.CertificateList.load(der) for der in lists if _speaker_of(der) in asked]
    return chosen, spoken


@lru_cache(maxsize=1024)
def _subject_of(certificate: bytes) -> bytes:
    return _key(asn1.Certificate.load(certificate).subject)


@lru_cache(maxsize=1024)
def _speaker_of(revocations: bytes) -> bytes:
    return _key(asn1_crl.CertificateList.load(revocations).issuer)


def _asks_for(certificate: asn1.Certificate) -> set[bytes]:
    """The issuer, and whoever else is to sign the list of revocations."""
    names = [certificate.issuer]
    for point in certificate.crl_distribution_points_value or ():
        if point["crl_issuer"].native is not None:
            names += [one.chosen for one in point["crl_issuer"] if one.name == "directory_name"]
    return {_key(name) for name in names}


def _key(name: asn1.Name) -> bytes:
    """Equal for names that RFC 5280 7.1 calls equal."""
    return str(name.hashable).encode()


def _refusal(error: ValidationError | PathBuildingError) -> RefusedError:
    text = str(error)
    match error:
        case PathRevokedError():
            return _revoked(error)
        case PathExpiredError():
            return ExpiredError(_TEXTS[ExpiredError])
        case PathNotYetValidError():
            return NotYetValidError(_TEXTS[NotYetValidError])
        case StaleRevinfoError():
            return StaleStatusError(_TEXTS[StaleStatusError])
        case InsufficientRevinfoError():
            return StatusUnreachableError(_TEXTS[StatusUnreachableError])
        case DisallowedAlgorithmError():
            return WeakAlgorithmError(_TEXTS[WeakAlgorithmError])
        case PathBuildingError():
            return WrongChainError(_TEXTS[WrongChainError])
    kind = next((kind for phrase, kind in _PHRASES if phrase in text), WrongChainError)
    return kind(_TEXTS[kind])


def _revoked(error: PathRevokedError) -> RefusedError:
    reasons: Iterable[Reason] = Reason
    named = str(error.reason.native).replace("_", "").lower()
    reason = next((one for one in reasons if one.value.lower() == named), Reason.UNSPECIFIED)
    return revocation(reason, error.revocation_dt)


_TEXTS: Final[dict[type[RefusedError], str]] = {
    ExpiredError: "証明書またはその認証局の証明書の有効期間が過ぎています。新しい証明書を使ってください。",
    NotYetValidError: "証明書またはその認証局の証明書の有効期間が始まっていません。"
    "時計を確かめてやり直してください。",
    StaleStatusError: "失効情報の有効期間外です。最新の失効情報を取得してやり直してください。",
    StatusUnreachableError: "途中の証明書のどれかに、使える失効情報がありません。失効していないことを"
    "確かめられないため受け付けません。失効情報を取得してやり直してください。",
    WeakAlgorithmError: "認められていない署名方式の証明書が途中にあります。"
    "新しい方式の証明書を使ってください。",
    WrongChainError: "信頼する認証局から証明書までをつなぐ、正しい証明書の並びがありません。"
    "途中の認証局の証明書を添えてやり直してください。",
    PathTooLongError: "認証局の段数が、上位の認証局の許した数を超えています。"
    "証明書の並びを確かめてください。",
    WrongPolicyError: "証明書ポリシーが求める条件に合いません。"
    "どの規程で発行された証明書かを確かめてください。",
    ForgedCertificateError: "発行者の鍵による署名ではない証明書が途中にあります。"
    "証明書の入手元を確かめてください。",
    WrongNamesError: "認証局に許されていない名義の証明書です。発行した認証局に確かめてください。",
    WrongUsageError: "署名に使えない鍵で署名された証明書が途中にあります。"
    "発行した認証局に確かめてください。",
    NotEndEntityError: "認証局でない証明書が、認証局の位置にあります。証明書の並びを確かめてください。",
    UnknownExtensionError: "意味の分からない必須の拡張が証明書にあります。"
    "発行した認証局に確かめてください。",
}
