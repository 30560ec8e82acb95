"""Signals: what of decided items enters the own bank or the allow list, once a second person agrees, and leaves again.

A decision enters; bank entries leave, which every check and scan follows within milliseconds.
"""

from safehold.cases.decisions.signals.banks import BENIGN_BANK, CONFIRMED_BANK, OWN_BANKS, BankLists, OwnLists
from safehold.cases.decisions.signals.listing import ListedSignal, ListingId, ListingState, OwnList, SignalListing

__all__ = [
    "BENIGN_BANK",
    "CONFIRMED_BANK",
    "OWN_BANKS",
    "BankLists",
    "ListedSignal",
    "ListingId",
    "ListingState",
    "OwnList",
    "OwnLists",
    "SignalListing",
]
