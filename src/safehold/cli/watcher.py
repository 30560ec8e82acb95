"""Progress of work on a dataset, as a display shows it."""

import time
from typing import TYPE_CHECKING

from safehold.cli.show import Progress

if TYPE_CHECKING:
    from safehold.datasets.orders import Sighting


class ShownWatcher:
    """Tells a progress display how far the work is."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._total = 0
        self._started = time.monotonic()

    def begin(self, stage: str, shards: int, _size_bytes: int) -> None:
        """Begin a stage."""
        self._shown.title(stage)
        self._total = shards
        self._started = time.monotonic()
        if shards:
            self._shown.update(0, shards)

    def see(self, sighting: "Sighting") -> None:
        """Show the totals so far."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        size = f", {sighting.size_bytes / seconds / 1e6:.0f} MB/s" if sighting.shards else ""
        rate = f"{sighting.records:,} records, {sighting.records / seconds:,.0f}/s{size}"
        note = f"{rate}, found {sighting.found}, held {sighting.held}, gaps {sighting.gaps}"
        self._shown.update(sighting.shards, self._total, note if sighting.records else "")
