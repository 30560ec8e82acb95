"""Orders and outcomes: what a person asks of a dataset, and what they get back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from safehold.datasets.casework.record_cases import Handed
from safehold.datasets.register import Waiver
from safehold.datasets.scan.stage import Slice
from safehold.datasets.sources import SourceOptions


@dataclass(frozen=True, slots=True)
class ScanOrder:
    """What to safeguard.

    Attributes:
        sources: paths, globs, brace patterns or fsspec URLs; together one training mix.
        out: the output folder.
        workers: decoding children.
        dry_run: stop after decide.
        slice: which of the shards, if several commands share the work; such a command stops after scan.
        options: how columns are named.
        waivers: register entries that a named person waives, with the reason.
    """

    sources: tuple[str, ...]
    out: Path
    workers: int = 1
    dry_run: bool = False
    slice: Slice = field(default_factory=Slice)
    options: SourceOptions = field(default_factory=SourceOptions)
    waivers: tuple[Waiver, ...] = ()


class Stage:
    """Names of stages, as a progress display shows them."""

    SCAN = "scan"
    DECIDE = "decide"
    APPLY = "apply"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a display may show after a shard: totals so far.

    Attributes:
        shards: done.
        records: in them.
        size_bytes: of their input.
        found: records with an action because of a finding.
        held: records held.
        gaps: records with a gap.
    """

    shards: int = 0
    records: int = 0
    size_bytes: int = 0
    found: int = 0
    held: int = 0
    gaps: int = 0


class Watcher(Protocol):
    """Somebody who looks on: a progress bar, a log, nobody."""

    def begin(self, stage: str, shards: int, size_bytes: int) -> None:
        """Hear that a stage begins, and how much it has to do."""
        ...

    def see(self, sighting: Sighting) -> None:
        """Hear how far the stage is."""
        ...


class NobodyWatching:
    """A watcher that does nothing."""

    def begin(self, stage: str, shards: int, size_bytes: int) -> None:
        """Do nothing."""

    def see(self, sighting: Sighting) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command on a dataset came to.

    Attributes:
        summary: what summary.json holds; for a slice, what was scanned.
        found: whether a finding changed an action.
        incomplete: whether something could not be examined.
        files: what was written, by name: "clean", "manifest", "summary", "card", "certificate"; empty for a slice.
        handed: which records wait for people in a case; None where nobody works on cases, or nothing was written.
    """

    summary: Mapping[str, Any]
    found: bool
    incomplete: bool
    files: Mapping[str, Path] = field(default_factory=dict)
    handed: Handed | None = None
