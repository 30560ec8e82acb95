"""Banks of fingerprints, and the index that finds the entries near a signal.

In: lists of fingerprints from files; then signals. Out: hits: which entries of which banks lie how near. Which distance
is near enough is the caller's policy; :mod:`safehold.matching.compare` owns the comparison.

Rooms, each knowing only those before it: `parts` (the immutable pieces of a bank), `searching` (arrays and the engines
that read them), `listings` (lists as people receive them), `banks` (what a home lists and every change to it),
`segments` (what is searched for which entries). `index` puts them together, and `live` follows the banks.
"""

from safehold.matching.banks.bank import TEST_BANK, Bank, BankTerms, Entry
from safehold.matching.banks.reports import ImportReport, WithdrawReport
from safehold.matching.banks.store import BankStore
from safehold.matching.banks.traits import BankTraits
from safehold.matching.exhaustive import exhaustive
from safehold.matching.hits import HARM_CLASSES, Hits
from safehold.matching.index import MOST_HITS, Index, Lookup
from safehold.matching.linear import linear_search
from safehold.matching.lists import ListTraits, bank_from, bank_of
from safehold.matching.live import LiveIndex

__all__ = [
    "HARM_CLASSES",
    "MOST_HITS",
    "TEST_BANK",
    "Bank",
    "BankStore",
    "BankTerms",
    "BankTraits",
    "Entry",
    "Hits",
    "ImportReport",
    "Index",
    "ListTraits",
    "LiveIndex",
    "Lookup",
    "WithdrawReport",
    "bank_from",
    "bank_of",
    "exhaustive",
    "linear_search",
]
