"""Meaning: which case, or which piece of evidence, a word on the command line means."""

from typing import TYPE_CHECKING

from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safehold.cases import CaseId
    from safehold.cases.search import Found
    from safehold.cases.store import CaseStore
    from safehold.vault import Evidence, EvidenceId

SHORTEST_BEGINNING = 12
"""Digits of an id that are enough to name evidence by: 48 bits, and what they mean is still looked up."""


class AmbiguousEvidenceError(UsageError):
    """The beginning of an id means several pieces of evidence."""


class UnclearCaseError(UsageError):
    """A text means no case, or several."""


def evidence_meant(text: str, rows: "Sequence[Evidence]") -> "EvidenceId":
    """Return the id that a whole id or the beginning of one means."""
    from safehold.vault import parse_evidence_id

    found = [row.id for row in rows if row.id.startswith(text)] if len(text) >= SHORTEST_BEGINNING else []
    if len(found) > 1:
        raise AmbiguousEvidenceError(
            f"{len(found)} pieces of evidence have ids that begin so", advice="Give more digits of the id."
        )
    return found[0] if found else parse_evidence_id(text)


def case_meant(cases: "CaseStore", text: str) -> "CaseId":
    """Return the case that an id, or whatever else names one, means.

    Raises:
        UnclearCaseError: it means none, or several.
    """
    found: Sequence[Found] = cases.find(text)
    named = list(dict.fromkeys(one.case for one in found))
    if len(named) == 1:
        return named[0]
    if not named:
        raise UnclearCaseError("no case is named so", advice="List cases with: safehold case list")
    raise UnclearCaseError(
        f"{counted(len(named), 'case')} are named so", advice="Choose one: safehold case find shows them."
    )
