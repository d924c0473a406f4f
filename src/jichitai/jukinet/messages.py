"""The messages of the network (電文), as versioned types.

Each type is the body of one kind of message of the catalogue. A body travels as JSON, sealed with
the network key, inside a signature of the party it comes from. Every text is bounded, unknown
fields are refused, and no `repr` shows a number or a name.

The official layouts (既存住基システム改造仕様書) are not public; kinds and fields are this project's.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from jichitai.jukinet.errors import InvalidMessageError, UnknownKindError

CodeText: TypeAlias = Annotated[str, Meta(pattern=r"^\d{11}$", description="住民票コード")]
NumberText: TypeAlias = Annotated[str, Meta(pattern=r"^\d{12}$", description="個人番号")]
Municipality: TypeAlias = Annotated[
    str, Meta(pattern=r"^\d{6}$", description="全国地方公共団体コード")
]
PrefectureCode: TypeAlias = Annotated[str, Meta(pattern=r"^\d{2}$")]
Text: TypeAlias = Annotated[str, Meta(max_length=200)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
PostalCode: TypeAlias = Annotated[str, Meta(pattern=r"^\d{0,7}$")]
DateText: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=40, description="年月日 (不詳日を含む正規形)")
]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
EventNumber: TypeAlias = Annotated[int, Meta(ge=1, le=2**53)]
NetReason: TypeAlias = Annotated[
    str, Meta(pattern=r"^N\d{2}$", description="本人確認情報の異動事由")
]
Change: TypeAlias = Literal["entry", "deletion", "correction"]
Digest: TypeAlias = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bucket: TypeAlias = Annotated[int, Meta(ge=0, le=4095)]


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every body shares: its kind and version, and a `repr` that tells nothing."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    basis: ClassVar[str]
    route: ClassVar[str]

    def __repr__(self) -> str:
        """The type only: bodies hold numbers and names of persons."""
        return f"<{type(self).__name__}>"


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of a body, with the same silence."""

    def __repr__(self) -> str:
        """The type only."""
        return f"<{type(self).__name__}>"


class Identity(Part, frozen=True, kw_only=True):
    """本人確認情報: what the network knows of a person.

    Source: 住民基本台帳法 第30条の6第1項.
    """

    juki_code: CodeText
    my_number: NumberText | None
    name: Name
    kana: Text
    birth_date: DateText
    sex: Literal["1", "2", "3"]
    postal_code: PostalCode
    address: Text
    former_name: Text | None = None
    former_kana: Text | None = None
    alias: Text | None = None
    alias_kana: Text | None = None


class M01(Body, frozen=True, kw_only=True):
    """本人確認情報通知: an entry, deletion or correction of identity data in a town's register.

    A deletion carries the record as it was. `reversal` marks the cancellation of an earlier
    event (異動の取消し): a reversed entry leaves no residence behind. `previous_code` is there when
    the 住民票コード changed. `resent` counts how often it was sent again to mend a difference: the later
    takes the place of the earlier with the same event number.

    Source: 住民基本台帳法 第30条の6, 第30条の7.
    """

    kind: ClassVar[str] = "M01"
    title: ClassVar[str] = "本人確認情報通知"
    basis: ClassVar[str] = "住民基本台帳法 第30条の6、第30条の7"
    route: ClassVar[str] = "town → prefecture → nation"

    municipality: Municipality
    event_number: EventNumber
    change: Change
    net_reason: NetReason
    changed_on: DateText
    residence_since: date
    recorded_at: Instant
    identity: Identity
    reversal: bool = False
    previous_code: CodeText | None = None
    resent: Annotated[int, Meta(ge=0, le=10_000)] = 0


class M02(Body, frozen=True, kw_only=True):
    """転入通知: the arrival town tells the departure town that the person has arrived.

    Source: 住民基本台帳法 第9条第1項, 第3項.
    """

    kind: ClassVar[str] = "M02"
    title: ClassVar[str] = "転入通知"
    basis: ClassVar[str] = "住民基本台帳法 第9条第1項、第3項"
    route: ClassVar[str] = "arrival town → departure town"

    municipality: Municipality
    previous_municipality: Municipality
    event_number: EventNumber
    juki_code: CodeText
    name: Name
    birth_date: DateText
    moved_in_on: date
    reported_at: Instant
    postal_code: PostalCode
    address: Text


class M06(Body, frozen=True, kw_only=True):
    """最初の転入届の通知: the arrival town asks for the data of a special transfer (特例転入).

    One request covers the household members who report together.

    Source: 住民基本台帳法 第24条の2第3項.
    """

    kind: ClassVar[str] = "M06"
    title: ClassVar[str] = "最初の転入届の通知"
    basis: ClassVar[str] = "住民基本台帳法 第24条の2第3項"
    route: ClassVar[str] = "arrival town → departure town"

    request_id: UUID
    municipality: Municipality
    previous_municipality: Municipality
    reported_at: Instant
    juki_codes: Annotated[list[CodeText], Meta(min_length=1, max_length=100)]


class Leaver(Part, frozen=True, kw_only=True):
    """One person of a 転出証明書情報.

    Source: 住民基本台帳法施行令 第23条 (転出証明書の記載事項).
    """

    juki_code: CodeText
    my_number: NumberText | Literal[""]
    name: Name
    kana: Text
    kana_confirmed: bool
    former_name: Text
    former_kana: Text
    alias: Text
    alias_kana: Text
    birth_date: DateText
    sex: Literal["1", "2", "3"]
    relation: Text
    honseki: Text
    hittosha: Text


class Certificate(Part, frozen=True, kw_only=True):
    """転出証明書情報 of those who leave together; town and number name it.

    Source: 住民基本台帳法 第24条の2第4項; 住民基本台帳法施行令 第23条.
    """

    municipality: Municipality
    number: EventNumber
    planned_on: date
    destination: Municipality | Literal[""]
    destination_address: Text
    address: Text
    head: Text
    people: Annotated[tuple[Leaver, ...], Meta(min_length=1, max_length=100)]


class M07(Body, frozen=True, kw_only=True):
    """転出証明書情報: the departure town sends the data of the persons who leave.

    It answers an M06 (`request_id`) or is sent at once when a special departure is recorded and
    the destination is known. Persons it cannot find are counted in `not_found`.

    Source: 住民基本台帳法 第24条の2第4項, 第5項.
    """

    kind: ClassVar[str] = "M07"
    title: ClassVar[str] = "転出証明書情報"
    basis: ClassVar[str] = "住民基本台帳法 第24条の2第4項、第5項"
    route: ClassVar[str] = "departure town → arrival town"

    request_id: UUID | None
    municipality: Municipality
    destination_municipality: Municipality
    sent_at: Instant
    certificates: Annotated[tuple[Certificate, ...], Meta(max_length=100)]
    not_found: Annotated[int, Meta(ge=0, le=100)] = 0


class M10(Body, frozen=True, kw_only=True):
    """住民票コードの指定: the nation hands a town a stock of codes that nobody else has.

    Source: 住民基本台帳法 第30条の2.
    """

    kind: ClassVar[str] = "M10"
    title: ClassVar[str] = "住民票コードの指定"
    basis: ClassVar[str] = "住民基本台帳法 第30条の2"
    route: ClassVar[str] = "nation → town"

    batch_id: UUID
    request_id: UUID | None
    municipality: Municipality
    codes: Annotated[list[CodeText], Meta(min_length=1, max_length=10_000)]


class M10R(Body, frozen=True, kw_only=True):
    """住民票コードの補充要求: a town's stock of codes runs low.

    Source: 住民基本台帳法 第30条の2; 住民記録システム標準仕様書 v1.0 4.3.1.
    """

    kind: ClassVar[str] = "M10R"
    title: ClassVar[str] = "住民票コードの補充要求"
    basis: ClassVar[str] = "住民基本台帳法 第30条の2"
    route: ClassVar[str] = "town → nation"

    request_id: UUID
    municipality: Municipality
    wanted: Annotated[int, Meta(ge=1, le=10_000)]
    left: Annotated[int, Meta(ge=0)]


class M11(Body, frozen=True, kw_only=True):
    """個人番号の生成・変更要求: the town asks for a number, or for another one.

    Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律 第7条, 第8条第1項.
    """

    kind: ClassVar[str] = "M11"
    title: ClassVar[str] = "個人番号の生成・変更要求"
    basis: ClassVar[str] = "番号法 第7条、第8条第1項"
    route: ClassVar[str] = "town → nation"

    request_id: UUID
    municipality: Municipality
    juki_code: CodeText
    change: bool = False


class M12(Body, frozen=True, kw_only=True):
    """個人番号の通知: the number that the nation made.

    Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律 第8条第2項.
    """

    kind: ClassVar[str] = "M12"
    title: ClassVar[str] = "個人番号の通知"
    basis: ClassVar[str] = "番号法 第8条第2項"
    route: ClassVar[str] = "nation → town"

    request_id: UUID
    municipality: Municipality
    juki_code: CodeText
    my_number: NumberText
    changed: bool


class M15(Body, frozen=True, kw_only=True):
    """誤り・脱漏の通報: the nation or prefecture tells a town of an error it found.

    Source: 住民基本台帳法 第30条の8, 第12条の5.
    """

    kind: ClassVar[str] = "M15"
    title: ClassVar[str] = "誤り・脱漏の通報"
    basis: ClassVar[str] = "住民基本台帳法 第30条の8、第12条の5"
    route: ClassVar[str] = "nation → prefecture → town"

    report_id: UUID
    municipality: Municipality
    error: Literal["second-live", "missing-above", "missing-below", "differs", "altered"]
    juki_code: CodeText | None
    code_hash: Digest
    event_number: EventNumber | None
    detail: Annotated[str, Meta(max_length=1000)]
    reported_at: Instant


class M23(Body, frozen=True, kw_only=True):
    """整合性確認: the digest of a town's identity file, compared where it arrives.

    The channel keeps order, so the receiver's file must equal the sender's at this message.
    `root` is the exclusive-or of the keyed row hashes; `rows` counts them.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """

    kind: ClassVar[str] = "M23"
    title: ClassVar[str] = "整合性確認"
    basis: ClassVar[str] = "住民記録システム標準仕様書 v1.0 7.1.1.2"
    route: ClassVar[str] = "town → prefecture; prefecture → nation"

    digest_id: UUID
    municipality: Municipality
    event_number: Annotated[int, Meta(ge=0)]
    rows: Annotated[int, Meta(ge=0)]
    root: Digest
    computed_at: Instant


class M23Q(Body, frozen=True, kw_only=True):
    """整合性確認の照会: asks for bucket digests (no buckets named) or for the rows of some.

    With `fresh` it asks for a new digest, and goes down to the town.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """

    kind: ClassVar[str] = "M23Q"
    title: ClassVar[str] = "整合性確認の照会"
    basis: ClassVar[str] = "住民記録システム標準仕様書 v1.0 7.1.1.2"
    route: ClassVar[str] = "nation → prefecture; prefecture → town"

    digest_id: UUID
    municipality: Municipality
    buckets: Annotated[list[Bucket], Meta(max_length=4096)] = []
    fresh: bool = False


class M23R(Body, frozen=True, kw_only=True):
    """整合性確認の回答: bucket digests, or the rows of the buckets asked for.

    `packed` holds records of fixed length without separators. For `buckets`: number (2 bytes),
    count (4), digest (16). For `rows`: code hash (16), row hash (16), by code hash.

    Source: 住民記録システム標準仕様書 v1.0 7.1.1.2 (整合性確認).
    """

    kind: ClassVar[str] = "M23R"
    title: ClassVar[str] = "整合性確認の回答"
    basis: ClassVar[str] = "住民記録システム標準仕様書 v1.0 7.1.1.2"
    route: ClassVar[str] = "town → prefecture; prefecture → nation"

    digest_id: UUID
    municipality: Municipality
    part: Literal["buckets", "rows"]
    buckets: Annotated[list[Bucket], Meta(max_length=4096)]
    packed: Annotated[bytes, Meta(max_length=150_000)]
    last: bool = True


class L01(Body, frozen=True, kw_only=True):
    """切断・復帰の通知: tells a town and the other upper level that the town's link is cut or back.

    Source: 住民基本台帳法 第30条の24, 第36条の2 (安全確保).
    """

    kind: ClassVar[str] = "L01"
    title: ClassVar[str] = "切断・復帰の通知"
    basis: ClassVar[str] = "住民基本台帳法 第30条の24、第36条の2"
    route: ClassVar[str] = (
        "nation → prefecture; nation → town; prefecture → nation; prefecture → town"
    )

    municipality: Municipality
    state: Literal["cut", "open"]
    reason: Annotated[str, Meta(max_length=500)]
    asked_by: Text
    confirmed_by: Text
    at: Instant


CATALOGUE: tuple[type[Body], ...] = (
    M01, M02, M06, M07, M10, M10R, M11, M12, M15, M23, M23Q, M23R, L01,
)  # fmt: skip


def reader(*bodies: type[Body]) -> Callable[[str, int, bytes], Body]:
    """What reads the messages of one catalogue.

    Args:
        *bodies: every type of the catalogue.

    Returns:
        A function of kind, version and body (JSON). It raises `UnknownKindError` when there is no
        such kind in this version, and `InvalidMessageError` when the content does not have the
        agreed form.
    """
    decoders = {(body.kind, body.version): msgspec.json.Decoder(body) for body in bodies}

    def read(kind: str, version: int, body: bytes) -> Body:
        decoder = decoders.get((kind, version))
        if decoder is None:
            raise UnknownKindError(
                f"電文 {kind} の第{version}版を扱えません。送信側と受信側の版を確かめてください。",
                kind=kind,
                version=version,
            )
        try:
            return decoder.decode(body)
        except msgspec.ValidationError as error:
            raise InvalidMessageError(
                f"電文 {kind} の内容が取り決めの形式ではありません（{_told(error)}）。"
                "送信元で直して送り直してください。",
                kind=kind,
            ) from None
        except msgspec.DecodeError:
            raise InvalidMessageError(
                f"電文 {kind} を読み取れません。途中で壊れていないか確かめ、送り直してください。",
                kind=kind,
            ) from None

    return read


def _told(error: msgspec.ValidationError) -> str:
    """Where and what, but never a value: some texts of msgspec quote it."""
    what, _, place = str(error).rpartition(" - at ")
    if what.startswith(("Expected", "Object missing")):
        return f"{what} - at {place}"
    return f"使えない値または項目 - at {place}" if place.startswith("`$") else "使えない項目"


decode = reader(*CATALOGUE)
"""Reads one message of the network."""
