"""Passkeys: the ceremonies of WebAuthn.

The private key stays in the person's device, which also checks the person (finger, face or PIN):
user verification is required. Passkeys are discoverable, so nobody types a name and nothing tells
an outsider which names exist.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from jichitai.infra.database import Tx
from jichitai.web import accounts
from jichitai.web.accounts import Account, AccountState
from jichitai.web.sessions import instant
from jichitai.web.signin import store
from jichitai.web.signin.errors import KnownPasskeyError, NotProvenError, SuspectPasskeyError
from jichitai.web.signin.model import CEREMONY_LIFE, Ceremony, Passkey, Purpose, Question

_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_BROKEN: Final = (WebAuthnException, ValueError, TypeError, KeyError)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The `Authenticator` of passkeys for one origin.

    Attributes:
        origin: our origin; its host is the name that passkeys are bound to.
        name: what the device shows.
    """

    origin: str
    name: str = "Jichitai"

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.origin).hostname or "localhost"

    async def begin(self, tx: Tx) -> Question:
        """Ask for any passkey of this host."""
        ceremony = await _wait(tx, Purpose.SIGN_IN)
        options = generate_authentication_options(
            rp_id=self.host,
            challenge=ceremony.challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Question(ceremony.ceremony_id, json.loads(options_to_json(options)))

    async def begin_enrolment(
        self,
        tx: Tx,
        account: Account,
        purpose: Purpose,
        *,
        known: Sequence[Passkey],
        code_hash: bytes | None = None,
    ) -> Question:
        """Ask the device to make a passkey for an account."""
        ceremony = await _wait(tx, purpose, account_id=account.account_id, code_hash=code_hash)
        options = generate_registration_options(
            rp_id=self.host,
            rp_name=self.name,
            user_id=account.account_id.bytes,
            user_name=account.display,
            user_display_name=account.display,
            challenge=ceremony.challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known
            ],
            supported_pub_key_algs=_ALGORITHMS,
        )
        return Question(ceremony.ceremony_id, json.loads(options_to_json(options)))

    async def finish(self, tx: Tx, ceremony: Ceremony, answer: dict[str, Any]) -> Account:
        """Whom a signed answer proves.

        Raises:
            NotProvenError: unknown or revoked passkey, wrong signature, origin or challenge.
            SuspectPasskeyError: its counter went back; the caller must mark it.

        Source: Web Authentication Level 3, section 7.2.
        """
        credential_id = _checked(lambda: base64url_to_bytes(str(answer["rawId"])))
        passkey = await store.lock_passkey(tx, credential_id)
        if passkey is None or passkey.state == "revoked":
            raise not_proven("このパスキーは登録されていないか、取り消されています")
        if passkey.state == "suspect":
            raise suspect(passkey)
        verified = _checked(
            lambda: verify_authentication_response(
                credential=answer,
                expected_challenge=ceremony.challenge,
                expected_rp_id=self.host,
                expected_origin=self.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        )
        count = verified.new_sign_count
        if (count or passkey.sign_count) and count <= passkey.sign_count:
            raise suspect(passkey)
        await store.mark_used(tx, passkey.credential_id, sign_count=count, now=instant())
        account = await accounts.get(tx, passkey.account_id)
        if account.state is not AccountState.ACTIVE:
            raise not_proven("このアカウントは利用が止められています")
        return account

    async def finish_enrolment(
        self, tx: Tx, ceremony: Ceremony, answer: dict[str, Any], *, label: str
    ) -> None:
        """Keep the passkey that the device made.

        Raises:
            NotProvenError: wrong origin or challenge, or the person was not checked.
            KnownPasskeyError: it is registered already.

        Source: Web Authentication Level 3, section 7.1.
        """
        verified = _checked(
            lambda: verify_registration_response(
                credential=answer,
                expected_challenge=ceremony.challenge,
                expected_rp_id=self.host,
                expected_origin=self.origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
        )
        if ceremony.account_id is None:
            raise not_proven("登録先のアカウントが決まっていません")
        added = await store.add_passkey(
            tx,
            credential_id=verified.credential_id,
            account_id=ceremony.account_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            label=label.strip()[:40] or "パスキー",
            now=instant(),
        )
        if not added:
            raise KnownPasskeyError(
                "このパスキーはすでに登録されています。別の端末か鍵を使ってください。"
            )


async def _wait(
    tx: Tx, purpose: Purpose, *, account_id: UUID | None = None, code_hash: bytes | None = None
) -> Ceremony:
    ceremony = Ceremony(
        ceremony_id=uuid4(),
        purpose=purpose,
        challenge=secrets.token_bytes(32),
        account_id=account_id,
        code_hash=code_hash,
        expires_at=instant() + CEREMONY_LIFE,
    )
    await store.put_ceremony(tx, ceremony)
    return ceremony


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except _BROKEN:
        raise not_proven("パスキーの応答を確かめられません") from None


def not_proven(reason: str) -> NotProvenError:
    """The refusal, with its reason in general words."""
    return NotProvenError(
        f"{reason}。本人と確認できないため、サインインしていません。サインインの画面を開き直し、"
        "登録したパスキーでやり直してください。"
    )


def suspect(passkey: Passkey) -> SuspectPasskeyError:
    """The refusal of a passkey that may have been copied."""
    return SuspectPasskeyError(
        "このパスキーは複製されたおそれがあるため、使用を止めました。別のパスキーを使うか、管理者に"
        "新しい登録コードを依頼してください。",
        passkey=passkey.name,
        credential_id=passkey.credential_id,
    )
