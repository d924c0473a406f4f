"""Why a reading of a card is no proof of identity."""

from jichitai.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class StaleReadingError(ForbiddenError):
    """The chip did not answer this request's challenge: an earlier reading, or a copy."""

    type = "jpki.stale-reading"
    title = "いま読み取ったカードのデータではありません"


class MixedObjectsError(ForbiddenError):
    """Objects of one card that do not belong together."""

    type = "jpki.mixed-objects"
    title = "カードの中のデータが互いに合いません"


class ExpiredCardError(ConflictError):
    """The card's last day has passed."""

    type = "jpki.expired-card"
    title = "カードの有効期限が過ぎています"


class NoCardRootError(ConflictError):
    """This office has no certificate of the card centre to check cards with."""

    type = "jpki.no-card-root"
    title = "カードを確かめるための証明書がありません"


class UnknownReadingError(NotFoundError):
    """No such reading, not this officer's, or its time is over."""

    type = "jpki.unknown-reading"
    title = "この読取りはありません"


class ReadingOverError(ConflictError):
    """The reading has its answer already."""

    type = "jpki.reading-over"
    title = "この読取りは終わっています"


class ReadingStoppedError(ConflictError):
    """The reading was stopped at the reader, or 照合番号B is blocked."""

    type = "jpki.reading-stopped"
    title = "カードを読み取れませんでした"


class UnknownMethodError(InvalidError):
    """No such method of proofing on that day."""

    type = "jpki.unknown-proofing-method"
    title = "その日に使える本人確認の方法ではありません"


class FaceNotComparedError(InvalidError):
    """The officer has not said what the comparison of the faces showed."""

    type = "jpki.face-not-compared"
    title = "見比べた結果が選ばれていません"


class UnknownRecordError(NotFoundError):
    """No such record in this town."""

    type = "jpki.unknown-proofing-record"
    title = "この本人確認の記録はありません"


class NoPictureError(NotFoundError):
    """There is no such picture in this reading."""

    type = "jpki.no-proofing-picture"
    title = "画像はありません"
