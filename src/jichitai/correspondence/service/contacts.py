"""連絡先: the offices that reminders go to; written one by one or from a spreadsheet."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec
from anyio import to_thread

from jichitai.correspondence.errors import AlreadyAppliedError, BadContactError
from jichitai.correspondence.model.areas import Area
from jichitai.correspondence.model.preview import Preview, Taken, Wrong, body_of, preview_of
from jichitai.correspondence.service.faults import by_row
from jichitai.correspondence.service.place import Overseer
from jichitai.correspondence.store import contacts as store
from jichitai.correspondence.store import uploads
from jichitai.correspondence.store.contacts import Contact
from jichitai.infra import audit, mail
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.documents.sheets import Column, Sheet, Table, read, workbook
from jichitai.kernel.bodies import Body

SUBJECT: Final = "contacts"
SHEET: Final = "連絡先"
COLUMNS: Final = (
    Column(key="code", label="団体コード", width=12, required=True),
    Column(key="name", label="団体名", width=24, locked=True),
    Column(key="office", label="担当部署", width=30, required=True),
    Column(key="mail", label="メールアドレス", width=36, required=True),
    Column(key="phone", label="電話番号", width=18),
)
_NOTES: Final = (
    "督促や調査の連絡を送る部署です。個人のメールアドレスは入れないでください。",
    "空の行は変えません。変えた行だけが新しい連絡先として記録され、前の連絡先は残ります。",
)


@dataclass(frozen=True)
class Contacts:
    """Contacts of one overseer's bodies for one area."""

    clock: Clock
    area: Area

    async def sheet(self, tx: Tx, by: Overseer) -> bytes:
        """The contacts as a spreadsheet, empty rows for those not known."""
        known = await store.contacts(tx, self.area, by.key)
        rows = [_row(one, known.get(one.code)) for one in await by.bodies(tx)]
        made = Sheet(name=SHEET, columns=COLUMNS, rows=rows, notes=_NOTES)
        return await to_thread.run_sync(lambda: workbook([made], title=f"{self.area.title} 連絡先"))

    async def save(self, tx: Tx, by: Overseer, contact: Contact, *, actor: Actor) -> None:
        """Record one contact.

        Raises:
            NotYourMemberError, BadAddressError, BadContactError: the body, address or office.
        """
        await by.body(tx, contact.body)
        office = contact.office.strip()
        if not office or len(office) > 120:
            raise BadContactError(
                "担当部署を1文字以上120文字以内で入れてください。",
                faults={"office": "担当部署が空か、長すぎます。"},
            )
        checked = Contact(
            body=contact.body,
            office=office,
            mail=mail.address(contact.mail),
            phone=contact.phone.strip()[:30],
        )
        await self._add(tx, by, [checked], actor=actor)

    async def _add(self, tx: Tx, by: Overseer, found: Sequence[Contact], *, actor: Actor) -> None:
        await store.add_contacts(tx, self.area, by.key, found, at=self.clock.now(), by=actor.id)
        await audit.record(
            tx, by=actor, action=f"{self.area.audit}.contacts", facts={"bodies": len(found)}
        )

    async def take(self, tx: Tx, by: Overseer, data: bytes, *, name: str, actor: Actor) -> UUID:
        """Read a spreadsheet; nothing is written until somebody confirms.

        Raises:
            WorkbookRefusedError: not such a spreadsheet.
        """
        table = await to_thread.run_sync(lambda: read(data, sheet=SHEET, columns=_OPTIONAL))
        upload_id = uuid4()
        found = _preview(table, {one.code: one for one in await by.bodies(tx)})
        new = uploads.NewUpload(
            upload_id=upload_id,
            subject=SUBJECT,
            name=name,
            digest=hashlib.sha256(data).digest(),
            content=msgspec.json.encode(found).decode(),
            at=self.clock.now(),
            by=actor.id,
        )
        await uploads.add_upload(tx, self.area, by.key, new)
        return upload_id

    async def preview(self, tx: Tx, by: Overseer, upload_id: UUID) -> Preview:
        """What a file would change."""
        upload = await uploads.upload_of(tx, self.area, by.key, upload_id, subject=SUBJECT)
        return preview_of(upload.content)

    async def apply(
        self, tx: Tx, by: Overseer, upload_id: UUID, *, repaired: Collection[str], actor: Actor
    ) -> int:
        """Write the right rows of a file, and those whose offered repair was accepted.

        Raises:
            AlreadyAppliedError: it was written before.
        """
        upload = await uploads.upload_of(
            tx, self.area, by.key, upload_id, subject=SUBJECT, lock=True
        )
        if upload.applied_at is not None:
            raise AlreadyAppliedError(
                "このファイルは取込み済みです。変える行だけを入れた表を使ってください。"
            )
        known = await store.contacts(tx, self.area, by.key)
        rows = preview_of(upload.content).accepted(repaired)
        found = [
            Contact(
                body=code,
                office=values["office"],
                mail=values["mail"],
                phone=values["phone"],
            )
            for code, values in rows.items()
            if _changed(known.get(code), values)
        ]
        if found:
            await self._add(tx, by, found, actor=actor)
        await uploads.mark_applied(tx, self.area, by.key, upload_id, at=self.clock.now())
        return len(found)


_OPTIONAL: Final = tuple(
    Column(key=one.key, label=one.label, width=one.width, required=one.key == "code")
    for one in COLUMNS
)


def _row(body: Body, contact: Contact | None) -> dict[str, str | int | None]:
    return {
        "code": body.code,
        "name": body.full_name,
        "office": contact.office if contact else "",
        "mail": contact.mail if contact else "",
        "phone": contact.phone if contact else "",
    }


def _changed(known: Contact | None, values: Mapping[str, str]) -> bool:
    told = (values["office"], values["mail"], values["phone"])
    return known is None or (known.office, known.mail, known.phone) != told


def _preview(table: Table, bodies: Mapping[str, Body]) -> Preview:
    wrong = by_row(table.faults)
    rows: list[Taken] = []
    for row in table.rows:
        values = {key: str(value or "") for key, value in row.values.items()}
        if not (values["office"] or values["mail"]):
            continue
        seen = [one.code for one in rows]
        code, fault = body_of(values["code"], f"A{row.number}", among=bodies, taken=seen)
        faults = [*wrong.get(row.number, []), *([fault] if fault else [])]
        values, more = _checked(row.number, values)
        rows.append(
            Taken(
                row=str(row.number),
                code=code,
                name=bodies[code].full_name if code else "",
                values=values,
                faults=(*faults, *more),
            )
        )
    return Preview(cells=table.cells, rows=tuple(rows))


def _checked(number: int, values: Mapping[str, str]) -> tuple[dict[str, str], list[Wrong]]:
    kept = {key: values[key] for key in ("office", "mail", "phone")}
    found = []
    if not 0 < len(kept["office"]) <= 120:
        found.append(
            Wrong(
                cell=f"C{number}",
                value=kept["office"][:60],
                why="担当部署が空か、120文字を超えています",
                remedy="担当部署を120文字以内で入れてください",
            )
        )
    if len(kept["phone"]) > 30:
        found.append(
            Wrong(
                cell=f"E{number}",
                value=kept["phone"][:60],
                why="電話番号が長すぎます",
                remedy="30文字以内で入れてください",
            )
        )
    try:
        kept["mail"] = mail.address(kept["mail"])
    except mail.BadAddressError:
        found.append(
            Wrong(
                cell=f"D{number}",
                value=kept["mail"][:60],
                why="メールアドレスの形ではありません",
                remedy="soumu@town.example.lg.jp のような形で、1つだけ入れてください",
            )
        )
    return kept, found
