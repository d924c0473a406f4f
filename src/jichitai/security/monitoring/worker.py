"""Timed work of monitoring at a prefecture: read, let the rules look, keep house."""

import time
from dataclasses import dataclass

from jichitai.security.monitoring.service.detecting import Detecting
from jichitai.security.monitoring.service.keeping import Keeping


@dataclass(frozen=True, slots=True)
class MonitoringWorker:
    """What the process repeats; each call returns whether there may be more to do."""

    detecting: Detecting
    keeping: Keeping

    async def read(self) -> bool:
        """Turn what waits into events."""
        return await self.detecting.intake.read_waiting()

    async def look(self) -> bool:
        """Let the rules read new events."""
        return await self.detecting.scan_new()

    async def keep(self) -> bool:
        """Put small files together, and let old days go."""
        compacted = await self.keeping.compact()
        return await self.keeping.expire() or compacted

    async def sweep(self) -> bool:
        """Remove what a crash left behind."""
        folder = self.detecting.intake.folder
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        for prefecture in names:
            if len(prefecture) == 2 and prefecture.isdigit():  # a prefecture's code
                await self.keeping.sweep(prefecture, time.time())
        return False
