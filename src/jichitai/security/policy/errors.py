"""Refusals of the policy workshop."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError
from jichitai.security.errors import StaleEditError


class WrongStepError(ConflictError):
    """The version stands at a step that does not allow this."""

    type = "security.policy-wrong-step"
    title = "今の段階ではできない操作です"


class DraftOpenError(ConflictError):
    """Another version of the policy is being worked on."""

    type = "security.policy-draft-open"
    title = "作成中の版があります"


class IncompletePolicyError(ConflictError):
    """The text cannot go to the committee yet; `problems` names what is missing."""

    type = "security.policy-incomplete"
    title = "方針の案が整っていません"


class BadAnswerError(InvalidError):
    """An answer of the interview is wrong; `fields` names the questions."""

    type = "security.policy-bad-answer"
    title = "回答に誤りがあります"


class BadClauseError(InvalidError):
    """A clause, decision or date that was sent is wrong; `fields` names the parts."""

    type = "security.policy-bad-clause"
    title = "入力に誤りがあります"


class RivalTextError(StaleEditError):
    """Somebody saved the clause first; the text that was sent is kept beside it (`rival_id`)."""

    type = "security.policy-rival-text"
    title = "ほかの人が先にこの条を保存しました"


class OtherDocumentError(ConflictError):
    """The decision names another text than the one that was laid before the organs."""

    type = "security.policy-other-document"
    title = "決裁した文書と、今の文書が違います"


class NotAnAdopterError(ForbiddenError):
    """The account decides for an organ that does not adopt this policy."""

    type = "security.policy-not-an-adopter"
    title = "この方針を決裁する機関ではありません"


class SamePersonError(ForbiddenError):
    """Who handed the text in does not record its adoption."""

    type = "security.policy-same-person"
    title = "提出した人は決裁を記録できません"


class AlreadyDecidedError(ConflictError):
    """The organ decided on this text before."""

    type = "security.policy-already-decided"
    title = "この機関の決裁は記録されています"


class NoSealError(ConflictError):
    """The body's key for signing documents is not there, or cannot be used."""

    type = "security.policy-no-seal"
    title = "公開する文書に署名する鍵がありません"


class BadAddressError(InvalidError):
    """The address cannot be one of a published policy."""

    type = "security.policy-bad-address"
    title = "公開先のアドレスが正しくありません"
