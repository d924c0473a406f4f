"""PKITS: the tests of NIST for path validation, their inputs and expected results.

Files: package cryptography-vectors (public domain). Numbers, inputs and results: "Conformance
Testing of Relying Party Client Certificate Path Processing Logic" (NIST, version 1.0.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import cryptography_vectors

from jichitai.jpki.verifier.path import Rules, check_path
from jichitai.jpki.verifier.refusals import (
    RefusedError,
    WeakAlgorithmError,
)

DATA: Final = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT: Final = datetime(2012, 1, 1, tzinfo=UTC)
"""Inside the validity of what is valid."""
_P: Final = [f"2.16.840.1.101.3.2.1.48.{number}" for number in range(7)]

_ORDER: Final = (
    (1, r"(CertificatePath|CASignature|EESignature|DSASignatures?|DSAParameterInheritance)"),
    (2, r"(CA|EE|pre2000UTC|pre2000UTCEE|GeneralizedTime)not(Before|After)Date"),
    (3, r"(NameChaining|NameUIDs|RFC3280|UTF8String|RolloverfromPrintable)"),
    (4, r"(MissingCRL|Revoked|BadCRL|WrongCRL|TwoCRLs|UnknownCRL|OldCRL|\w+CRLnextUpdate)"),
    (4, r"(NegativeSerial|LongSerial|SeparateCertificate)"),
    (5, r"BasicSelfIssued"),
    (6, r"(MissingbasicConstraints|cAFalse|basicConstraints|(SelfIssued)?pathLenConstraint)"),
    (7, r"keyUsage"),
    (9, r"(SelfIssued)?requireExplicitPolicy"),
    (10, r"(PolicyMapping|MappingFrom|MappingTo)"),
    (11, r"(SelfIssued)?inhibitPolicyMapping"),
    (12, r"(SelfIssued)?inhibitAnyPolicy"),
    (13, r"\w+nameConstraints"),
    (14, r"(distributionPoint|NoissuingDistribution|onlyContains|onlySomeReasons|IDPwith|cRLIssuer)"),
    (15, r"deltaCRL"),
    (16, r"UnknownNotCritical|UnknownCritical"),
)  # fmt: skip
TITLES: Final = {
    1: "Signature verification", 2: "Validity periods", 3: "Names in a chain",
    4: "Basic revocation", 5: "Self-issued certificates", 6: "Basic constraints", 7: "Key usage",
    8: "Certificate policies", 9: "Explicit policy", 10: "Policy mappings",
    11: "Inhibited mapping", 12: "Inhibited any-policy", 13: "Name constraints",
    14: "Distribution points", 15: "Delta lists", 16: "Private extensions",
}  # fmt: skip


DEFAULT: Final = Rules()


@dataclass(frozen=True)
class Case:
    """One test, or one of the parts of a test with several inputs."""

    number: str
    file: str
    valid: bool
    rules: Rules = DEFAULT
    inputs: str = ""

    @property
    def section(self) -> int:
        return int(self.number.split(".")[1])


SAFE_SIDE: Final[dict[str, tuple[type[RefusedError], str]]] = {
    "4.1.4": (WeakAlgorithmError, "DSA is not accepted here"),
    "4.1.5": (WeakAlgorithmError, "DSA is not accepted here"),
}
"""Valid paths that are refused, and why; nothing that is invalid is accepted."""


def cases() -> list[Case]:
    """Every test of the suite."""
    found = [*_by_name(), *_policies(), *_inputs()]
    return sorted(found, key=lambda case: [int(part) for part in case.number.split(".")])


async def outcome(case: Case) -> type[RefusedError] | None:
    """The refusal of the verifier, or none."""
    try:
        await check_path(
            (DATA / "certs" / f"{case.file}.crt").read_bytes(),
            anchors=[(DATA / "certs" / "TrustAnchorRootCertificate.crt").read_bytes()],
            others=_others(),
            lists=_lists(),
            at=AT,
            rules=case.rules,
        )
    except RefusedError as refusal:
        return type(refusal)
    return None


@cache
def _others() -> tuple[bytes, ...]:
    names = (DATA / "certs").glob("*.crt")
    return tuple(path.read_bytes() for path in sorted(names) if not path.stem.endswith("EE"))


@cache
def _lists() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((DATA / "crls").glob("*.crl")))


_WITH_INPUTS: Final = frozenset(
    {
        "ValidPolicyMappingTest1EE", "InvalidPolicyMappingTest2EE", "ValidPolicyMappingTest3EE",
        "ValidPolicyMappingTest5EE", "ValidPolicyMappingTest6EE", "ValidPolicyMappingTest12EE",
    }
)  # fmt: skip


def _by_name() -> Iterator[Case]:
    """Tests without inputs say in their name what is expected."""
    for path in sorted((DATA / "certs").glob("*EE.crt")):
        found = re.fullmatch(r"(Valid|Invalid)(\w+?)Test(\d+)EE", path.stem)
        if found is None or path.stem in _WITH_INPUTS:
            continue
        section = next(number for number, pattern in _ORDER if re.match(pattern, found[2]))
        yield Case(f"4.{section}.{found[3]}", path.stem, found[1] == "Valid")


def _policies() -> Iterator[Case]:
    """Section 4.8: the same files with several sets of acceptable policies."""
    for number, file, wanted, explicit, valid in (
        ("4.8.1.1", "ValidCertificatePathTest1EE", "", True, True),
        ("4.8.1.2", "ValidCertificatePathTest1EE", "1", True, True),
        ("4.8.1.3", "ValidCertificatePathTest1EE", "2", True, False),
        ("4.8.1.4", "ValidCertificatePathTest1EE", "12", True, True),
        ("4.8.2.1", "AllCertificatesNoPoliciesTest2EE", "", False, True),
        ("4.8.2.2", "AllCertificatesNoPoliciesTest2EE", "", True, False),
        ("4.8.3.1", "DifferentPoliciesTest3EE", "", False, True),
        ("4.8.3.2", "DifferentPoliciesTest3EE", "", True, False),
        ("4.8.3.3", "DifferentPoliciesTest3EE", "12", True, False),
        ("4.8.4", "DifferentPoliciesTest4EE", "", False, False),
        ("4.8.5", "DifferentPoliciesTest5EE", "", False, False),
        ("4.8.6.1", "OverlappingPoliciesTest6EE", "", False, True),
        ("4.8.6.2", "OverlappingPoliciesTest6EE", "1", False, True),
        ("4.8.6.3", "OverlappingPoliciesTest6EE", "2", False, False),
        ("4.8.7", "DifferentPoliciesTest7EE", "", False, False),
        ("4.8.8", "DifferentPoliciesTest8EE", "", False, False),
        ("4.8.9", "DifferentPoliciesTest9EE", "", False, False),
        ("4.8.10.1", "AllCertificatesSamePoliciesTest10EE", "", False, True),
        ("4.8.10.2", "AllCertificatesSamePoliciesTest10EE", "1", False, True),
        ("4.8.10.3", "AllCertificatesSamePoliciesTest10EE", "2", False, True),
        ("4.8.11.1", "AllCertificatesanyPolicyTest11EE", "", False, True),
        ("4.8.11.2", "AllCertificatesanyPolicyTest11EE", "1", False, True),
        ("4.8.12", "DifferentPoliciesTest12EE", "", False, False),
        ("4.8.13.1", "AllCertificatesSamePoliciesTest13EE", "1", False, True),
        ("4.8.13.2", "AllCertificatesSamePoliciesTest13EE", "2", False, True),
        ("4.8.13.3", "AllCertificatesSamePoliciesTest13EE", "3", False, True),
        ("4.8.14.1", "AnyPolicyTest14EE", "1", False, True),
        ("4.8.14.2", "AnyPolicyTest14EE", "2", False, False),
        ("4.8.15", "UserNoticeQualifierTest15EE", "", False, True),
        ("4.8.16", "UserNoticeQualifierTest16EE", "", False, True),
        ("4.8.17", "UserNoticeQualifierTest17EE", "", False, True),
        ("4.8.18.1", "UserNoticeQualifierTest18EE", "1", False, True),
        ("4.8.18.2", "UserNoticeQualifierTest18EE", "2", False, True),
        ("4.8.19", "UserNoticeQualifierTest19EE", "", False, True),
        ("4.8.20", "CPSPointerQualifierTest20EE", "", False, True),
    ):  # fmt: skip
        yield _case(number, file, wanted, valid, explicit=explicit)


def _inputs() -> Iterator[Case]:
    """Mappings, and the inhibited any-policy, with several inputs."""
    for number, file, wanted, valid in (
        ("4.10.1.1", "ValidPolicyMappingTest1EE", "1", True),
        ("4.10.1.2", "ValidPolicyMappingTest1EE", "2", False),
        ("4.10.3.1", "ValidPolicyMappingTest3EE", "1", False),
        ("4.10.3.2", "ValidPolicyMappingTest3EE", "2", True),
        ("4.10.5.1", "ValidPolicyMappingTest5EE", "1", True),
        ("4.10.5.2", "ValidPolicyMappingTest5EE", "6", False),
        ("4.10.6.1", "ValidPolicyMappingTest6EE", "1", True),
        ("4.10.6.2", "ValidPolicyMappingTest6EE", "6", False),
        ("4.10.12.1", "ValidPolicyMappingTest12EE", "1", True),
        ("4.10.12.2", "ValidPolicyMappingTest12EE", "2", True),
        ("4.10.2.1", "InvalidPolicyMappingTest2EE", "", False),
        ("4.12.3.1", "inhibitAnyPolicyTest3EE", "", True),
    ):
        yield _case(number, file, wanted, valid)
    no_mapping = Rules(inhibit_mapping=True)
    for number, file in (
        ("4.10.1.3", "ValidPolicyMappingTest1EE"),
        ("4.10.2.2", "InvalidPolicyMappingTest2EE"),
    ):
        yield Case(number, file, False, no_mapping, "no mapping")
    no_any = Rules(inhibit_any=True)
    yield Case("4.12.3.2", "inhibitAnyPolicyTest3EE", False, no_any, "no any-policy")


def _case(number: str, file: str, wanted: str, valid: bool, *, explicit: bool = False) -> Case:
    names = [f"P{digit}" for digit in wanted]
    inputs = " or ".join(names) + (", explicit" if names else "explicit") * explicit
    if not wanted:
        return Case(number, file, valid, Rules(explicit_policy=explicit), inputs)
    policies = frozenset(_P[int(digit)] for digit in wanted)
    return Case(number, file, valid, Rules(policies=policies, explicit_policy=explicit), inputs)


def page(results: dict[str, type[RefusedError] | None]) -> str:
    """docs/reference/pkits.md: every test with its expected and its actual result."""
    all_cases = cases()
    accepted = sum(case.valid for case in all_cases)
    refused = len(all_cases) - accepted
    lines = [
        "<!-- Written by scripts/build_pkits.py; do not edit. -->",
        "# PKITS results",
        "",
        "The Public Key Interoperability Test Suite of NIST, run against `check_path` of",
        "`jichitai.jpki.verifier.path` with the suite's own certificates and lists of revocations.",
        "All certificates and lists lie in one heap; the verifier finds the path by itself.",
        "`tests/jpki/test_pkits.py` runs them and compares this page.",
        "",
        f"{len(all_cases)} tests: {accepted} paths are to be accepted and {refused} refused.",
        f"No invalid path is accepted. {len(SAFE_SIDE)} valid paths are refused on purpose: "
        + "; ".join(f"{number} ({why})" for number, (_, why) in SAFE_SIDE.items())
        + ".",
    ]
    for section, title in TITLES.items():
        lines += ["", f"## 4.{section} {title}", ""]
        lines += ["| Test | Certificate | Inputs | Expected | Result |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            _line(case, results[case.number]) for case in all_cases if case.section == section
        ]
    return "\n".join(lines) + "\n"


def _line(case: Case, result: type[RefusedError] | None) -> str:
    expected = "valid" if case.valid else "invalid"
    told = "accepted" if result is None else f"`{result.type}`"
    if case.number in SAFE_SIDE:
        told += ": " + SAFE_SIDE[case.number][1]
    return f"| {case.number} | {case.file} | {case.inputs or 'default'} | {expected} | {told} |"
