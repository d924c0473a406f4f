"""A report on the desk: what is known, the document as it would be now, what is missing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from jichitai.evaluation.reports.model.assembly import Assembled, default_texts
from jichitai.evaluation.reports.model.document import Document
from jichitai.evaluation.reports.model.form import Slot, form_of, slot_of, slots
from jichitai.evaluation.reports.model.known import Known
from jichitai.evaluation.reports.model.stages import Standing
from jichitai.evaluation.reports.store import AnswerRow, RemarkRow, TextRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A report on the desk.

    Attributes:
        known: what is known at the end of its day.
        assembled: the document as it would be now.
        standing: its stage and steps.
        saved: newest saved version of each slot.
        remarks: all of them, with their answers.
    """

    known: Known
    assembled: Assembled
    standing: Standing
    saved: dict[str, TextRow]
    remarks: Sequence[tuple[RemarkRow, tuple[AnswerRow, ...]]]

    @property
    def document(self) -> Document:
        """The document as it would be now."""
        return self.assembled.document

    @property
    def slots(self) -> list[Slot]:
        """The slots of its form."""
        form = form_of(self.known.fiscal_year)
        return list(slots(form, [one.number for one in self.known.sections]))

    def slot(self, key: str) -> Slot:
        """One slot.

        Raises:
            UnknownPartError: the form has none of this name.
        """
        form = form_of(self.known.fiscal_year)
        return slot_of(form, [one.number for one in self.known.sections], key)

    def text(self, key: str) -> str:
        """The text of a slot: as saved, else as the report begins."""
        row = self.saved.get(key)
        return row.content if row else default_texts(self.known).get(key, "")

    def version(self, key: str) -> int:
        """Number of the saved version of a slot; 0 when it was never saved."""
        row = self.saved.get(key)
        return row.version if row else 0

    @property
    def missing(self) -> list[str]:
        """What keeps the report from being handed in, in sentences."""
        found = [
            f"「{one.label}」が空です。法律か様式が求める項目なので、書いてください。"
            for one in self.slots
            if one.form.required and not self.text(one.key).strip()
        ]
        labels = {one.key: one.label for one in self.slots}
        found += [
            f"「{labels.get(key, key)}」の {fault.text}：{fault.why}"
            for key, faults in self.assembled.faults.items()
            for fault in faults
        ]
        found += [
            f"{row.by_name}さんの意見に対応が書かれていません。対応（反映した・しない理由）を書いてください。"
            for row, answers in self.remarks
            if row.sort == "expert" and not answers
        ]
        return found
