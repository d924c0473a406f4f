"""The counter of one town: a clerk enters, another person approves."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from jichitai.rehearsal.driver.cast import account_id
from jichitai.rehearsal.driver.visitor import RefusedError, Visitor
from jichitai.rehearsal.forms import Form

_REASON = "演習：窓口で書類と本人を確かめた"
_MENDS = 0.15
_REFUSED = frozenset({409, 422})
_REUSED = "/problems/register.entry-reused"


class TownHall:
    """The counter of a town over HTTP.

    Args:
        town: code of the municipality.
        origin: of the town tier.
        patience: seconds to wait for what the network still has to bring.
    """

    def __init__(self, town: str, origin: str, *, patience: float = 60.0) -> None:
        """Nobody has signed in yet."""
        self.town = town
        self.patience = patience
        self.clerk = Visitor(origin, account_id(town, "clerk"), patience=patience)
        self.approver = Visitor(origin, account_id(town, "approver"), patience=patience)
        self.waited = 0

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.clerk.__aexit__(kind, error, trace)
        await self.approver.__aexit__(kind, error, trace)

    async def record(self, entry: UUID, form: Form) -> int:
        """Enter a form, hand it in, have it approved; the number of the event.

        A refusal that time may mend (a certificate on its way, a stock of codes being filled) is
        waited out.

        Raises:
            RefusedError: the register does not take the form.
        """
        path = f"/api/v1/entries/{entry}"
        answer = await self._begin(entry, form)
        if answer["state"] == "approved":
            return int(answer["event_number"])
        if answer["state"] == "draft":
            alerts = {f["code"]: _REASON for f in answer["findings"] if f["level"] == "alert"}
            if alerts:
                await self.clerk.call("PUT", path, {"form": form, "reasons": alerts})
            answer = await self.clerk.call("POST", f"{path}/submit")
        approved = await self.approver.call(
            "POST", f"{path}/approve", {"revision": answer["revision"]}
        )
        return int(approved["event_number"])

    async def _begin(self, entry: UUID, form: Form) -> dict[str, Any]:
        """Enter the form, or take up an entry that an interrupted play left behind."""
        body = {"entry_id": str(entry), "form": form, "reasons": {}}
        deadline = time.monotonic() + self.patience
        pause = _MENDS
        while True:
            try:
                answer: dict[str, Any] = await self.clerk.call("POST", "/api/v1/entries", body)
            except RefusedError as refusal:
                if refusal.type == _REUSED:
                    taken: dict[str, Any] = await self.clerk.call("GET", f"/api/v1/entries/{entry}")
                    return taken
                if refusal.status not in _REFUSED or time.monotonic() > deadline:
                    raise
                self.waited += 1
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
            else:
                return answer

    async def find(self, name: str, birth: str) -> str | None:
        """Id of a live resident by name and birth date."""
        found = await self.clerk.call(
            "POST",
            "/api/v1/residents/search",
            {"reason": _REASON, "name": name, "birth_date": birth},
        )
        hits = [hit for hit in found["hits"] if hit["state"] == "live" and hit["name"] == name]
        return str(hits[0]["id"]) if hits else None

    async def household(self, resident: str) -> str:
        """Id of the household of a resident."""
        answer = await self.clerk.call("GET", f"/api/v1/residents/{resident}")
        return str(answer["household_id"])

    async def numbers(self, resident: str) -> tuple[str, str]:
        """The two numbers of a resident, as they are printed on a certificate."""
        answer = await self.clerk.call(
            "POST", f"/api/v1/residents/{resident}/numbers", {"reason": _REASON}
        )
        return answer["juki_code"], answer["my_number"] or ""
