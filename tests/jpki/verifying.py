"""What the verifier's tests share: trust, sources of status, signatures of holders."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.verifier.certificate import check_certificate
from jichitai.jpki.verifier.crl import CrlStore
from jichitai.jpki.verifier.model import Confirmation, Subject
from jichitai.jpki.verifier.refusals import RefusedError
from jichitai.jpki.verifier.trust import Trust
from tests.jpki.pki import NOW, Leaf, pki

SIGNING, USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH


class Good:
    """A source for tests of everything but status."""

    async def confirm(self, subject: Subject, at: datetime) -> Confirmation:
        del subject
        return Confirmation(source="record", this_update=at, next_update=at)


@cache
def trust() -> Trust:
    """Both stores with both generations."""
    authorities = [
        pki().authority(kind, generation) for kind in CertificateKind for generation in (1, 2)
    ]
    return Trust.of({authority.id: authority.certificate for authority in authorities})


def der(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def signed(leaf: Leaf, message: bytes) -> bytes:
    assert isinstance(leaf.key, RSAPrivateKey)
    return leaf.key.sign(message, PKCS1v15(), SHA256())


def lists(*ders: bytes) -> CrlStore:
    """A source that holds these lists."""
    store = CrlStore(trust())
    for one in ders:
        store.add(one)
    return store


async def refused(kind: type[RefusedError], verification: Awaitable[object]) -> RefusedError:
    """Expect exactly this refusal, and that its facts name the check."""
    with pytest.raises(RefusedError) as caught:
        await verification
    assert type(caught.value) is kind, caught.value
    assert caught.value.facts["check"] == kind.check
    return caught.value


def refused_at_once(kind: type[RefusedError], check: Callable[[], object]) -> RefusedError:
    """The same for a check that does not wait."""
    with pytest.raises(RefusedError) as caught:
        check()
    assert type(caught.value) is kind, caught.value
    return caught.value


def subject(leaf: Leaf, kind: CertificateKind = USER_AUTH) -> Subject:
    """A certificate whose path stands."""
    return check_certificate(der(leaf.certificate), kind=kind, trust=trust(), at=NOW)


def changed_anywhere(good: bytes, read: Callable[[bytes], object]) -> None:
    """No byte of it can be changed unnoticed, and none makes the reader fail."""

    @settings(max_examples=250)
    @given(st.integers(0, len(good) - 1), st.integers(1, 255))
    def changed(place: int, mask: int) -> None:
        bad = bytearray(good)
        bad[place] ^= mask
        with pytest.raises(RefusedError):
            read(bytes(bad))

    changed()
