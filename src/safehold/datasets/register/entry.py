"""Entries of the register, and waivers of them."""

from dataclasses import dataclass
from enum import Enum

from safehold.vocabulary import UsageError


class EntryKind(Enum):
    """What an entry is about."""

    DATASET = "dataset"
    PUBLICATION = "publication"
    OWN = "own"


class Status(Enum):
    """What an entry leads to: a finding, or only a notice."""

    ASSERTED = "asserted"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Entry:
    """One source of which somebody asserts a risk.

    Attributes:
        id: its name in findings, policies and waivers.
        register: the register that it stands in: "ID@VERSION".
        name: what people call the source.
        kind: dataset, publication, or an operator's own.
        asserted_by: who asserts it.
        asserted_on: when: a year, month or day in ISO 8601, as exactly as it is known.
        reference: where that can be read.
        asserts: what is asserted, in one sentence.
        status: whether it leads to a finding.
        repaired_by: the entry of a repaired successor, or "".
        names: patterns for names of datasets (see `glob`).
        other_names: patterns for names that look alike and are something else.
        domains: hosts; everything below them is meant too. Only in operators' own files.
        addresses: patterns "HOST/PATH*". Only in operators' own files.
    """

    id: str
    register: str
    name: str
    kind: EntryKind
    asserted_by: str
    asserted_on: str
    reference: str
    asserts: str
    status: Status = Status.ASSERTED
    repaired_by: str = ""
    names: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class WaiverError(UsageError):
    """A waiver has no entry, reason or name, or is of an entry that there is not."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A named person's decision to use a known-risk source all the same; recorded with the run and in the ledger.

    Attributes:
        entry: which entry.
        reason: why.
        name: who decided.

    Raises:
        WaiverError: one of them is blank.
    """

    entry: str
    reason: str
    name: str

    def __post_init__(self) -> None:
        if not (self.entry.strip() and self.reason.strip() and self.name.strip()):
            raise WaiverError(
                "a waiver needs an entry, a reason and a name", advice="Say which entry, why, and who decides."
            )
