"""What is opened of an item to preserve it: content, words of its own, circumstances, and what somebody reported."""

from dataclasses import dataclass, field

from safehold.cases import CaseItem, Origin, Place
from safehold.cases.evidence.account import Words
from safehold.cases.evidence.preservation import SYSTEM
from safehold.console.viewing.openers import words_of
from safehold.gateway.circumstances import open_circumstances
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.item import Item
from safehold.gateway.reports.sealing import open_note
from safehold.ledger.entry import timestamp
from safehold.vault import CustodianKey, EvidenceId
from safehold.wiring.casework import Casework

_PURPOSE = "preservation"


@dataclass(frozen=True, slots=True)
class Opened:
    """An item that is going to be sealed, in memory alone.

    Attributes:
        content: its bytes, or the words of a text; None where there are none, or where they are gone.
        words: everything else.
        sealed: the evidence that its content is already; None where it is not.
    """

    content: bytes | None = field(repr=False)
    words: Words = field(repr=False)
    sealed: EvidenceId | None = None


def open_words(casework: Casework, item: CaseItem, key: CustodianKey) -> Opened:
    """Return what is kept of an item for review.

    Raises:
        ReviewKeyError, NoteUnopenedError: it was sealed to another key, or changed.
    """
    content, told = _content(casework, item, key)
    sealed = casework.cases.context(item.id)
    if item.told.origin is Origin.REPORT:
        return Opened(content, Words(told=told, report=_report(casework, item, sealed, key)))
    circumstances = open_circumstances(sealed, key) if sealed else {}
    place = item.told.content
    evidence = EvidenceId(place.reference) if place.place is Place.VAULT else None
    return Opened(content, Words(told=told, circumstances=circumstances), evidence)


def _content(casework: Casework, item: CaseItem, key: CustodianKey) -> tuple[bytes | None, dict[str, object]]:
    """Return the bytes or words of a held item, and what it says of itself."""
    place, now = item.told.content, casework.workshop.home.clock.now()
    if place.place is not Place.HELD:
        return None, {}
    try:
        held = casework.held.open(place.reference, key, actor=SYSTEM, purpose=_PURPOSE, now=now)
    except HeldItemMissingError:
        return None, {}
    return held.data or words_of(held).encode("utf-8", "surrogatepass"), _told(held)


def _told(held: Item) -> dict[str, object]:
    turns = [{"role": turn.role, "text": turn.text} for turn in held.turns]
    return {"kind": held.kind.value, "file_name": held.file_name, "text": held.text, "turns": turns}


def _report(casework: Casework, item: CaseItem, sealed: bytes, key: CustodianKey) -> dict[str, object]:
    """Return what somebody reported: what they chose, what the service knows of it, and their own words."""
    told = casework.reports.show(item.told.reference)
    return {
        "ticket": told.ticket,
        "kind": told.kind.value,
        "category": told.category.value,
        "target": told.target.value,
        "reference": told.reference,
        "locale": told.locale,
        "country": told.country,
        "sent_by": told.actor,
        "received_at": timestamp(told.received_at),
        "is_trusted": told.is_trusted,
        "is_representative": told.is_representative,
        "words": open_note(sealed, key.secret) if sealed else {},
    }
