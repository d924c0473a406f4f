"""照会: searching and showing persons and households, each look with its trace."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.kernel.dates import JST, UncertainDate
from jichitai.kernel.identifiers import AddresseeNumber, HouseholdNumber, JukiCode, MyNumber
from jichitai.kernel.persons import kana_keys
from jichitai.register import errors
from jichitai.register.model.resident import Household, Resident, in_household_order
from jichitai.register.store import entries, log, residents, search
from jichitai.register.store.entries import Holder
from jichitai.register.store.log import Event
from jichitai.register.store.rows import Vault, name_key
from jichitai.register.store.search import Conditions, Hit

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """検索の条件, as typed. Empty ones are not asked.

    Attributes:
        name: the beginning of the name; spaces and variant characters do not matter.
        kana: the beginning of the reading; voicing, small kana and long vowels do not matter.
        given_kana: the beginning of the given name's reading.
        birth_date: in any form that dates can be typed.
        removed: also 除票.
        past: also former names.
    """

    name: str = ""
    kana: str = ""
    given_kana: str = ""
    birth_date: str = ""
    sex: str = ""
    address: str = ""
    addressee_number: str = ""
    juki_code: str = ""
    my_number: str = ""
    removed: bool = False
    past: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of the conditions that are asked."""
        return tuple(
            name
            for name in self.__dataclass_fields__
            if name not in {"removed", "past", "sex"} and getattr(self, name).strip()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result of a search; `more` says that there are further ones beyond the page."""

    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One row of a person's history with its event."""

    row: Resident
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdView:
    """A household and its members, now or as of a day."""

    household: Household
    members: tuple[Resident, ...]
    removed: tuple[Resident, ...]


class People:
    """Use cases of the counter's enquiry; every method works in the caller's `tx`."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        """Take the tier's keys and the law's clock."""
        self._vault = Vault(keys)
        self._clock = clock

    async def search(
        self, tx: Tx, municipality: str, query: Query, *, reason: str, by: Actor
    ) -> Found:
        """Search persons of the clerk's town.

        Args:
            tx: the transaction.
            municipality: code of the town.
            query: at least one condition.
            reason: why; kept in the audit log.
            by: the clerk.

        Raises:
            SearchTooWideError: no condition, or no reason.
            InvalidError: a date or number that cannot be read.

        Source: 住民記録システム標準仕様書 2.1 (検索), 10.2 (アクセスログ管理).
        """
        if not query.asked or not reason.strip():
            what = "検索の条件" if not query.asked else "検索の理由"
            raise errors.SearchTooWideError(
                f"{what}が入力されていません。業務に必要な人だけを検索し、その理由を記録に残します。"
                f"{what}を入力してください。（住民記録標準仕様 2.1、10.2）"
            )
        hits = await search.search(tx, municipality, self._conditions(query), PAGE + 1)
        await audit.record(
            tx,
            by=by,
            action="register.resident.search",
            reason=reason.strip(),
            facts={"conditions": list(query.asked), "hits": len(hits)},
            at=self._clock.now(),
        )
        return Found(hits=tuple(hits[:PAGE]), more=len(hits) > PAGE)

    def _conditions(self, query: Query) -> Conditions:
        code, number = query.juki_code.strip(), query.my_number.strip()
        return Conditions(
            name_key=name_key(query.name) if query.name.strip() else "",
            kana_keys=kana_keys(query.kana) if query.kana.strip() else (),
            given_keys=kana_keys(query.given_kana) if query.given_kana.strip() else (),
            birth_date=(
                UncertainDate.parse(query.birth_date.strip()).code
                if query.birth_date.strip()
                else ""
            ),
            sex=query.sex,
            address=query.address.strip(),
            addressee_number=(
                AddresseeNumber.parse(query.addressee_number).value
                if query.addressee_number.strip()
                else ""
            ),
            code_index=self._vault.code_index(JukiCode.parse(code)) if code else None,
            number_index=self._vault.number_index(MyNumber.parse(number)) if number else None,
            removed=query.removed,
            past=query.past,
        )

    async def person(
        self,
        tx: Tx,
        municipality: str,
        resident_id: UUID,
        *,
        by: Actor,
        as_of: date | None = None,
    ) -> Resident:
        """One person now, or as the register stood at the end of a day.

        Raises:
            UnknownResidentError: no such line in this town, or not yet on that day.
        """
        if as_of is None:
            found = await residents.by_ids(tx, self._vault, municipality, [resident_id])
            row = found[0] if found else None
        else:
            row = await residents.as_of(tx, self._vault, municipality, resident_id, end_of(as_of))
        if row is None:
            raise errors.UnknownResidentError(
                "この市区町村に該当する住民票がありません。ほかの市区町村の人か、"
                "その日にはまだ記載がありません。検索し直すか、日付を変えてください。"
            )
        await self._looked(tx, resident_id, by, as_of)
        return row

    async def history(
        self, tx: Tx, municipality: str, resident_id: UUID, *, by: Actor
    ) -> tuple[Version, ...]:
        """All rows of a person with their events, the newest first.

        Raises:
            UnknownResidentError: no such line in this town.

        Source: 住民記録システム標準仕様書 2.2.1 (異動履歴照会).
        """
        rows = await residents.history(tx, self._vault, municipality, resident_id)
        if not rows:
            raise errors.UnknownResidentError(
                "この市区町村に該当する住民票がありません。検索し直してください。"
            )
        happened = await log.of_resident(tx, municipality, resident_id)
        await self._looked(tx, resident_id, by, None)
        return tuple(
            Version(row=row, event=event) for row, event in zip(rows, happened, strict=True)
        )

    async def household(
        self, tx: Tx, municipality: str, household_id: UUID, *, by: Actor, as_of: date | None = None
    ) -> HouseholdView:
        """A household with its members and, now, those whose lines were removed from it.

        Raises:
            UnknownHouseholdError: no such household in this town.

        Source: 住民記録システム標準仕様書 1.1.3 (世帯票), 3.3 (消除対象者記載).
        """
        known = await residents.households(tx, municipality, [household_id])
        if not known:
            raise errors.UnknownHouseholdError(
                "この市区町村に該当する世帯がありません。検索し直してください。"
            )
        if as_of is None:
            members = await residents.members(tx, self._vault, municipality, [household_id])
            removed = await residents.once_members(tx, self._vault, municipality, household_id)
        else:
            members = await residents.members_as_of(
                tx, self._vault, municipality, household_id, end_of(as_of)
            )
            removed = ()
        await self._looked(tx, household_id, by, as_of)
        return HouseholdView(
            household=known[0],
            members=in_household_order(members),
            removed=in_household_order(removed),
        )

    async def reveal(
        self, tx: Tx, municipality: str, resident_id: UUID, *, reason: str, by: Actor
    ) -> tuple[JukiCode, MyNumber | None]:
        """住民票コード and 個人番号 of one person, for a reason that is kept.

        Raises:
            SearchTooWideError: no reason.
            UnknownResidentError: no such line in this town.

        Source: 番号法 第12条; 住民基本台帳法 第30条の24.
        """
        if not reason.strip():
            raise errors.SearchTooWideError(
                "番号を表示する理由が入力されていません。番号は必要なときだけ表示し、理由を記録に残します。"
                "理由を入力してください。（番号法 第12条、住民記録標準仕様 10.4）"
            )
        found = await residents.by_ids(tx, self._vault, municipality, [resident_id])
        if not found:
            raise errors.UnknownResidentError(
                "この市区町村に該当する住民票がありません。検索し直してください。"
            )
        await audit.record(
            tx,
            by=by,
            action="register.number.reveal",
            subject=str(resident_id),
            reason=reason.strip(),
            at=self._clock.now(),
        )
        return found[0].juki_code, found[0].my_number

    async def household_id(self, tx: Tx, municipality: str, number: HouseholdNumber) -> UUID | None:
        """Id of the household with this number, or None."""
        return await residents.household_by_number(tx, municipality, number.value)

    async def members(self, tx: Tx, municipality: str, household_id: UUID) -> tuple[Resident, ...]:
        """Live members of a household, for filling in a form."""
        rows = await residents.members(tx, self._vault, municipality, [household_id])
        return in_household_order(rows)

    async def holder(self, tx: Tx, municipality: str, resident_id: UUID) -> Holder | None:
        """Who is entering an event for this person now."""
        found = await entries.holders(tx, municipality, [resident_id])
        return found[0] if found else None

    async def events_after(self, tx: Tx, municipality: str, after: int, limit: int) -> list[Event]:
        """Rows of the event log after a number; they name nobody."""
        return await log.after(tx, municipality, after, limit)

    async def names(self, tx: Tx, municipality: str, ids: set[UUID]) -> dict[UUID, Resident]:
        """Lines by id, for lists of entries."""
        rows = await residents.by_ids(tx, self._vault, municipality, ids)
        return {row.id: row for row in rows}

    async def _looked(self, tx: Tx, subject: UUID, by: Actor, as_of: date | None) -> None:
        await audit.record(
            tx,
            by=by,
            action="register.resident.view",
            subject=str(subject),
            facts={"as_of": as_of.isoformat()} if as_of else {},
            at=self._clock.now(),
        )


def end_of(day: date) -> datetime:
    """The instant after the last one of a calendar day in Japan."""
    return datetime.combine(day + timedelta(days=1), time(), JST).astimezone(UTC)
