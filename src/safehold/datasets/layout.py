"""The layout of an output folder: where the parts of a run lie.

OUT/clean/                 the dataset to train on; who may read it, your umask says
OUT/manifest.parquet       every record, private
OUT/summary.json, card.html, certificate.json, SHA256SUMS
OUT/.safehold/             state: run.json, mix.json, scan/, decisions/, applied/, releases.jsonl; private
"""

from dataclasses import dataclass
from pathlib import Path

STATE = ".safehold"
"""The folder of the state."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie below an output folder."""

    root: Path

    @property
    def state(self) -> Path:
        """Return the private state folder."""
        return self.root / STATE

    @property
    def record(self) -> Path:
        """Return the run record."""
        return self.state / "run.json"

    @property
    def mix(self) -> Path:
        """Return the list of shards."""
        return self.state / "mix.json"

    @property
    def releases(self) -> Path:
        """Return the log of records that people freed."""
        return self.state / "releases.jsonl"

    @property
    def policy(self) -> Path:
        """Return the policy that was last decided under, as `safehold.screening.load` reads it."""
        return self.state / "policy.json"

    @property
    def waivers(self) -> Path:
        """Return the register entries that somebody waived."""
        return self.state / "waivers.jsonl"

    @property
    def decided(self) -> Path:
        """Return the record of the last decision over the whole mix."""
        return self.state / "decided.json"

    @property
    def slices(self) -> Path:
        """Return the record of into how many slices the scan is cut."""
        return self.state / "slices.json"

    @property
    def purge_record(self) -> Path:
        """Return the record that the source was purged since the scan."""
        return self.state / "purged.json"

    def part(self, number: int) -> Path:
        """Return the scan part of a shard."""
        return self.state / "scan" / f"{number:06d}.arrow"

    def decision(self, number: int) -> Path:
        """Return the decision part of a shard."""
        return self.state / "decisions" / f"{number:06d}.arrow"

    def applied(self, number: int) -> Path:
        """Return the commit record of a shard's clean copy."""
        return self.state / "applied" / f"{number:06d}.json"

    def purged(self, number: int) -> Path:
        """Return the note of what a purged source file is to be."""
        return self.state / "purged" / f"{number:06d}.sha256"

    def folders(self) -> tuple[Path, ...]:
        """Return the state's folders, outermost first."""
        return (self.state, *(self.state / name for name in ("scan", "decisions", "applied", "purged")))
