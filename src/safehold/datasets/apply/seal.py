"""Sealing: confirmed originals go to the custodians before anything is removed, readable by none of our machines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from safehold.datasets.run import Run
from safehold.datasets.sources import Output, Shard, read
from safehold.screening import Disposition, Policy
from safehold.vault import EvidenceId, Label, Vault
from safehold.vocabulary import Finding

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
        """Return what makes a repetition necessary: whether anything is sealed."""
        return "seals" if self._vault else "seals nothing"

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
        """
        vault = self._vault
        if vault is None or not keys:
            return ()
        return tuple(sorted({one for shard in output.shards for one in self._seal_shard(vault, shard, keys)}))

    def _seal_shard(self, vault: Vault, shard: Shard, keys: frozenset[str]) -> Iterator[EvidenceId]:
        label = Label(case=self.run.id, actor=self.actor, policy=self.policy.label)
        for record in read(shard):
            if record.key in keys:
                for member in record.members:
                    yield vault.put(member.data, label)
