"""Use cases of the card: what it is asked to sign, and what its answer proves.

The question is taken out in a transaction of its own before anything is checked. The outcome waits
at the login, and only the browser that both began the login and brought the answer can go on: the
first is known by its cookie, the second by a ticket that the answer to the answer carries.
"""

import secrets
import time
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog

from jichitai.infra.database import Database, Tx
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.reader.agent_protocol import (
    CardAnswer,
    CardRequest,
    Outcome,
    Purpose,
    from_base64url,
)
from jichitai.jpki.reader.errors import BadAgentRequestError
from jichitai.jpki.signin.claims import ordered
from jichitai.jpki.signin.errors import CardCancelledError, UsedChallengeError, WrongPurposeError
from jichitai.jpki.signin.parties import RelyingParty
from jichitai.jpki.signin.proof import Proof, item_texts
from jichitai.jpki.signin.provider import Provider
from jichitai.jpki.signin.requests import AuthorizationRequest
from jichitai.jpki.signin.store import logins
from jichitai.jpki.signin.store.logins import CardChallenge, Login, Refusal
from jichitai.jpki.signin.tokens import hash_of, new_token
from jichitai.jpki.status.record import RecordStatus
from jichitai.jpki.verifier.challenge import OnlyChallenge, Statement
from jichitai.jpki.verifier.model import SignedIn
from jichitai.jpki.verifier.verify import verify_login
from jichitai.kernel.errors import JichitaiError
from jichitai.web.sessions import instant

log = structlog.get_logger(__name__)

CHALLENGE_LIFE: Final = timedelta(minutes=5)
ANSWER_PATH: Final = "/sign-in/card/answer"
KINDS: Final = {
    Purpose.USER_AUTH: CertificateKind.USER_AUTH,
    Purpose.SIGNATURE: CertificateKind.SIGNING,
}
"""The certificate that answers each kind of question."""


async def question(
    tx: Tx, login: Login, party: RelyingParty | None, provider: Provider
) -> CardRequest:
    """What the card is asked to sign for a login; asked again, the same as long as it is good."""
    signing = login.request is not None and login.request.kind is CertificateKind.SIGNING
    made = CardChallenge(
        transaction=new_token(),
        login_id=login.login_id,
        challenge=secrets.token_urlsafe(32),
        purpose=str(Purpose.SIGNATURE if signing else Purpose.USER_AUTH),
        statement=statement(login.request, party),
        expires_at=min(instant() + CHALLENGE_LIFE, login.expires_at),
    )
    kept = await logins.ask(tx, made, hash_of(made.transaction))
    return CardRequest(
        purpose=Purpose(kept.purpose),
        challenge=kept.challenge,
        return_url=f"{provider.origin}{ANSWER_PATH}",
        transaction=kept.transaction,
        text=kept.statement,
    )


def statement(request: AuthorizationRequest | None, party: RelyingParty | None) -> str:
    """The sentence that the holder reads in the card agent and signs with the card."""
    if request is None or party is None:
        return "わたしの情報（本人のページ）にサインインします。"
    place = f"{party.display}（{urlsplit(request.redirect_uri).netloc}）"
    if request.kind is CertificateKind.USER_AUTH:
        return f"{place}にサインインします。"
    lines = [f"{place}にサインインします。"]
    if request.items:
        items = "、".join(item.japanese for item in ordered(request.items))
        lines.append(
            f"次の情報のうち、このあとの画面で選んだものを{party.organisation}に渡します。"
        )
        lines.append(f"情報：{items}")
    lines.append(f"利用目的：{party.purpose}")
    return "\n".join(lines)


async def answer(db: Database, provider: Provider, given: CardAnswer) -> tuple[Login, str]:
    """Take a card's answer.

    Returns:
        The login, and the ticket for the browser that brought the answer; the ticket opens nothing
        when the answer was refused, for which the login holds the reason.

    Raises:
        UsedChallengeError: nothing waits for this answer.
    """
    now = instant()
    async with db.transaction() as tx:  # durable before the answer is looked at
        asked = await logins.take_challenge(tx, hash_of(given.transaction), now)
        login = None if asked is None else await logins.find(tx, asked.login_id, now)
    if asked is None or login is None:
        raise UsedChallengeError(
            "この確認は一度使われたか、5分の期限が過ぎたか、ここで出したものではありません。"
            "盗み見た回答の再利用と区別できないため、受け付けません。相手先のサイトから、"
            "サインインをやり直してください。"
        )
    ticket = new_token()
    try:
        async with db.transaction() as tx:
            proof = await prove(tx, provider, asked, given)
            sealed = proof.sealed(provider.sealer, login.login_id)
            await logins.prove(tx, login.login_id, ticket_hash=hash_of(ticket), proof=sealed)
    except JichitaiError as error:
        log.info("card-answer-refused", type=error.type, purpose=asked.purpose)
        async with db.transaction() as tx:
            await logins.refuse(tx, login.login_id, Refusal(error.type, error.title, error.detail))
    return login, ticket


async def prove(tx: Tx, provider: Provider, asked: CardChallenge, given: CardAnswer) -> Proof:
    """Whom an answer proves.

    Raises:
        CardCancelledError: the holder stopped, or the PIN is blocked.
        WrongPurposeError: it is the answer to another kind of question.
        RefusedError: the certificate, its state or the signature is not good.
    """
    _demand_done(asked, given)
    kind = KINDS[Purpose(asked.purpose)]
    told = Statement(
        kind=kind, audience=provider.audience, challenge=asked.challenge, text=asked.statement
    )
    certificate = from_base64url(given.certificate, "certificate")
    signature = from_base64url(given.signature, "signature")
    record = RecordStatus(tx)
    signed_in: SignedIn = await verify_login(
        told.signed,
        signature,
        certificate,
        audience=provider.audience,
        challenges=OnlyChallenge(asked.challenge),
        kind=kind,
        trust=await provider.roots.trust(tx),
        status=record,
        at=provider.law_time(),
    )
    subject = signed_in.by.subject
    return Proof(
        person_id=record.holder(subject),
        kind=subject.kind,
        medium=subject.medium,
        authority=subject.authority,
        serial=subject.serial_bytes,
        items=item_texts(subject.items),
        statement=told.signed,
        certificate=certificate,
        signature=signature,
        at=int(time.time()),
    )


def _demand_done(asked: CardChallenge, given: CardAnswer) -> None:
    match given.outcome:
        case Outcome.CANCELLED:
            raise CardCancelledError(
                "カードの画面で取りやめたため、サインインしていません。続けるときは、もう一度"
                "カードで確かめてください。"
            )
        case Outcome.BLOCKED:
            raise CardCancelledError(
                "暗証番号が続けて違ったため、カードがロックされました。市区町村の窓口で暗証番号を"
                "設定し直すと、また使えます。"
            )
        case Outcome.DONE:
            pass
    if str(given.purpose) != asked.purpose:
        raise WrongPurposeError(
            "求めたのとは別の使い方の回答です。サインインと署名は互いの代わりになりません。"
            "もう一度カードで確かめてください。"
        )
    if not given.certificate or not given.signature:
        raise BadAgentRequestError(
            "カードの回答に電子証明書か署名がありません。カードの操作に使うプログラムを新しくして、"
            "もう一度確かめてください。"
        )
