"""Notices: what an exchange (a partner, a hotline) tells us of something on our service, under its own reference.

An exchange and its reference name a notice for ever: put in twice, it changes nothing.

    Notice("hotline-gb", "2026/118-A").key               # "hotline-gb:2026/118-A"
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from safehold.cases.errors import UnfitNoticeError
from safehold.vocabulary import Signal

EXCHANGE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
ROLE = "notice"
"""What an item of a notice is to the service."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice by its name.

    Attributes:
        exchange: whose it is: small letters, digits and hyphens, always the same for one party.
        reference: what they call it: letters, digits, dots, hyphens, underscores and slashes.

    Raises:
        UnfitNoticeError: one of them is something else.
    """

    exchange: str
    reference: str

    def __post_init__(self) -> None:
        if not EXCHANGE_NAME.fullmatch(self.exchange):
            raise UnfitNoticeError(
                "an exchange is named by small letters, digits and hyphens", advice="Write, for instance: hotline-gb"
            )
        if not _REFERENCE.fullmatch(self.reference):
            raise UnfitNoticeError(
                "the reference of a notice has letters, digits, dots, hyphens, underscores and slashes",
                advice="Give the exchange's own reference, without spaces: it tells the notice again.",
            )

    @property
    def key(self) -> str:
        """Return what the notice is called among all of them."""
        return f"{self.exchange}:{self.reference}"


def require_one_file(signals: Sequence[Signal]) -> None:
    """Refuse fingerprints that can't be of one file: what is decided of one would be taken to be said of all.

    Raises:
        UnfitNoticeError: two are of one algorithm.
    """
    if any(number > 1 for number in Counter(one.algorithm for one in signals).values()):
        raise UnfitNoticeError(
            "a notice is about one file: two of its hashes are of one kind",
            advice="Give each file a notice of its own: REFERENCE-1, REFERENCE-2.",
        )
