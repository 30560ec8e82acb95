"""Sealing: confirmed originals go to the custodians before anything is removed, readable by none of our machines."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from safehold.datasets.run import Run
from safehold.datasets.sources import Output, Record, ShardError, current_fingerprint, read
from safehold.screening import Disposition, Policy
from safehold.vault import EvidenceId, Label, Vault
from safehold.vocabulary import Finding, GapReason

_KEEPS_EVIDENCE = frozenset({Disposition.HOLD_FOR_COUNSEL, Disposition.REPORT_AND_PRESERVE})


@dataclass(frozen=True, slots=True)
class Sealer:
    """Where confirmed originals go.

    Attributes:
        vault: None if there is nobody to seal to.
        policy: which matches are sealed, and whether evidence is kept at all.
        run: whose evidence it is.
        actor: who asked.
    """

    vault: Vault | None
    policy: Policy
    run: Run
    actor: str

    @property
    def digest(self) -> str:
        """Return what makes a repetition necessary: whether anything is sealed, and whether one alone can open it."""
        if self._vault is None:
            return "seals nothing"
        return "seals to one" if self._vault.is_single_operator else "seals"

    @property
    def _vault(self) -> Vault | None:
        return self.vault if self.policy.disposition in _KEEPS_EVIDENCE else None

    def takes(self, findings: Iterable[Finding]) -> bool:
        """Return whether a record with these findings is sealed."""
        return self._vault is not None and any(self.policy.is_sealed(finding) for finding in findings)

    def seal(self, output: Output, keys: frozenset[str]) -> tuple[EvidenceId, ...]:
        """Seal every member of these records of an output; the same bytes are kept once.

        Returns:
            the vault's ids, sorted.

        Raises:
            ShardError: an input is no longer what was scanned; whatever was sealed before stays sealed.
        """
        vault = self._vault
        if vault is None or not keys:
            return ()
        label = Label(case=self.run.id, actor=self.actor, policy=self.policy.label)
        sealed: set[EvidenceId] = set()
        waiting = set(keys)
        for record in _records(output):
            if record.key in keys:
                sealed |= {vault.put(member.data, label) for member in record.members}
                waiting.discard(record.key)
        if waiting:
            raise ShardError("records to be sealed are gone", reason=GapReason.CHANGED_SINCE_SCAN)
        return tuple(sorted(sealed))


def _records(output: Output) -> Iterator[Record]:
    """Yield the records of an output that is still what was scanned, as far as each shard can be read."""
    for shard in output.shards:
        if current_fingerprint(shard) != shard.fingerprint:
            raise ShardError("an input has changed since it was scanned", reason=GapReason.CHANGED_SINCE_SCAN)
        with suppress(ShardError):  # a shard with a damaged end was scanned as far as this as well
            yield from read(shard)
