"""Reports: what a change did to a bank."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from safehold.matching.banks.bank import Bank
from safehold.matching.errors import Fault
from safehold.vocabulary import HarmClass


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        bank: as it is now.
        added: how many entries are new.
        known: how many rows the bank already held.
        withdrawn: how many rows were left out because they were withdrawn before.
        duplicates: how many rows repeat an earlier row of the file.
        malformed: how many rows can't be read; 0 unless they were to be skipped.
        faults: the first 1000 of them.
        featureless: how many rows, new or known, are PDQ values that pictures without features have: they match
            every such picture; or digests of empty files, which are never looked up. They are in the bank like all
            others.
        other_classes: how many rows, new or known, state another class than the bank's; they keep theirs.
        videos: how many listed videos have frames among the rows.
        unclear: how many frames of these were left out, since their quality is below 50.
    """

    bank: Bank
    added: int
    known: int
    withdrawn: int
    duplicates: int
    malformed: int
    faults: tuple[Fault, ...]
    featureless: int = 0
    other_classes: Mapping[HarmClass, int] = field(default_factory=dict)
    videos: int = 0
    unclear: int = 0

    @property
    def is_unchanged(self) -> bool:
        """Whether the bank stayed as it was."""
        return self.added == 0


@dataclass(frozen=True, slots=True)
class WithdrawReport:
    """What a withdrawal did.

    Attributes:
        bank: as it is now.
        withdrawn: how many entries were taken back.
        before: how many of those asked for had been taken back before.
    """

    bank: Bank
    withdrawn: int
    before: int

    @property
    def is_unchanged(self) -> bool:
        """Whether the bank stayed as it was."""
        return self.withdrawn == 0
