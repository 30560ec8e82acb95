"""The built-in bank: it lists the test signature, so that any installation can prove that it detects.

Its list ships in the package, is always part of an index, and can't be changed or withdrawn.
"""

import datetime as dt
from functools import lru_cache
from pathlib import Path

from safehold.matching.banks.bank import TEST_BANK, Bank, BankTerms
from safehold.matching.banks.catalogue import BankContents, living_entries
from safehold.matching.errors import UnreadableListError
from safehold.matching.listings import read_listing
from safehold.matching.parts.part import MemoryPart, PartKind
from safehold.vocabulary import HarmClass, PdqFlavour, Tier

_VERSION = 1
_CREATED_AT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@lru_cache(maxsize=1)
def builtin_bank() -> BankContents:
    """Return the built-in bank; read once.

    Raises:
        UnreadableListError: the shipped list is missing or damaged.
    """
    listing = read_listing(Path(__file__).with_name("test_bank.csv"))
    if listing.fault_count or not len(listing):
        raise UnreadableListError("the list of the built-in bank is damaged", advice="Install Safehold again.")
    parts = (MemoryPart(PartKind.IMPORT, listing.groups),)
    bank = Bank(
        name=TEST_BANK,
        source="Safehold",
        legal_basis="A harmless picture that Safehold draws itself",
        terms=BankTerms(onward_sharing=True, text="Apache-2.0, like Safehold"),
        harm_class=HarmClass.TEST,
        tier=Tier.TRUSTED,
        pdq_flavour=PdqFlavour.UNKNOWN,
        version=_VERSION,
        created_at=_CREATED_AT,
        entries=living_entries(parts),
    )
    return BankContents(bank, parts)
