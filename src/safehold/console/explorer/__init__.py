"""The explorer: the ledger as people read it, a page at a time, and its verification while they go on reading.

Places in the ledger enter, entries leave; each is shown to be as it was written, or named as altered. Nothing here
counts or reads all of it within a request: a ledger may hold millions of events.
"""

from safehold.console.explorer.sheet import Line, Sheet, Wanted, kinds, place_at, read_sheet
from safehold.console.explorer.tally import DayCounts, LedgerTally, Tallied
from safehold.console.explorer.verification import Run, RunState, Verification

__all__ = [
    "DayCounts",
    "LedgerTally",
    "Line",
    "Run",
    "RunState",
    "Sheet",
    "Tallied",
    "Verification",
    "Wanted",
    "kinds",
    "place_at",
    "read_sheet",
]
