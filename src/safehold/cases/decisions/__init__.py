"""Decisions: what people, or rules without people, say of a case's items, and everything that follows from it.

What somebody says of items enters; recorded decisions leave, with fingerprints for the own bank and the allow list,
jobs for whoever acts on decisions, and numbers on how well people agree.
"""

from safehold.cases.decisions.carrying import AUTOMATIC
from safehold.cases.decisions.consequence import Consequence
from safehold.cases.decisions.decision import (
    SYSTEM,
    Decided,
    DecidedItem,
    Decision,
    DecisionId,
    ItemDecision,
    Reversal,
    Standing,
    Undoing,
    Undone,
)
from safehold.cases.decisions.decisions import Decisions
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.quality import Agreement, AgreementBy, GoldenAnswer
from safehold.cases.decisions.quality.counting import QueueAgreement
from safehold.cases.decisions.signals import BankLists, ListingId, ListingState, OwnList, OwnLists, SignalListing

__all__ = [
    "AUTOMATIC",
    "SYSTEM",
    "Agreement",
    "AgreementBy",
    "BankLists",
    "Consequence",
    "Decided",
    "DecidedItem",
    "Decision",
    "DecisionId",
    "Decisions",
    "Desk",
    "GoldenAnswer",
    "ItemDecision",
    "ListingId",
    "ListingState",
    "OwnList",
    "OwnLists",
    "QueueAgreement",
    "Reversal",
    "SignalListing",
    "Standing",
    "Undoing",
    "Undone",
]
