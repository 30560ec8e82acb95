"""Telling: a case for what somebody of the staff found, or an exchange gave notice of; for console and commands.

    open_told(casework, person, Told(SubjectKind.LINK, "https://…", notice=Notice("hotline-gb", "118")))

Names are turned into marks; they, and what is written, are sealed to the review key where there is one, or not kept.
"""

import datetime as dt
import secrets
from dataclasses import dataclass, field

from safehold.cases import CaseId, Form, NewItem, Origin, Person, Priority, Subject, SubjectKind
from safehold.cases.enforcement.danger import Danger, DangerKind
from safehold.cases.notice import ROLE, Notice, require_one_file
from safehold.gateway.circumstances import circumstances
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Action, Signal
from safehold.wiring.casework import Casework

_REFERENCE_BYTES = 10
_NAMED = (SubjectKind.ACCOUNT, SubjectKind.SESSION, SubjectKind.LINK)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody tells.

    Attributes:
        about: whom or what it is about.
        name: as the operator calls it; "" for nobody.
        note: what was found, in words; kept sealed, or not at all.
        signals: fingerprints.
        form: what it is to somebody who looks.
        label: what to warn of, one word.
        priority: how urgent it is.
        queue: where it waits; "" for where its origin sends it.
        due_at: until when it must be decided.
        reference: of whoever found it, one word; "" draws one.
        notice: of which exchange it is the notice; None where somebody of the staff found it.
    """

    about: SubjectKind
    name: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    signals: tuple[Signal, ...] = ()
    form: Form = Form.FINGERPRINT
    label: str = ""
    priority: Priority = Priority.NORMAL
    queue: str = ""
    due_at: dt.datetime | None = None
    reference: str = ""
    notice: Notice | None = None


def open_told(casework: Casework, person: Person, told: Told) -> tuple[CaseId, Danger | None]:
    """Open a case, or add to the one that it belongs to; raise a danger to life in the same step.

    A notice that was told before changes nothing, and returns the same case.

    Raises:
        UnfitNoticeError: a notice has two hashes of one kind.
        UnfitWordError, UnknownQueueError: the label is more than a word; there is no such queue.
    """
    if told.notice is not None:
        require_one_file(told.signals)
    is_known = told.notice is not None and bool(casework.cases.find(told.notice.key))
    database = casework.workshop.home.database
    with database.writing() as connection:
        case = casework.cases.open(
            _subject(casework, told),
            [_item(casework, told)],
            connection,
            actor=person.name,
            priority=told.priority,
            label=told.label,
            queue=told.queue,
            due_at=told.due_at,
        )
        if is_known or told.priority is not Priority.DANGER:
            return case, None
        return case, casework.dangers.open(person, case, connection, kind=DangerKind.CHILD)


def _subject(casework: Casework, told: Told) -> Subject:
    if told.about in _NAMED:
        return Subject(told.about, casework.marks.of(told.about.value, told.name) or "")
    return Subject(told.about, told.name)


def _item(casework: Casework, told: Told) -> NewItem:
    home, notice = casework.workshop.home, told.notice
    reference = told.reference or f"hand_{secrets.token_hex(_REFERENCE_BYTES)}"
    return NewItem(
        origin=Origin.HAND if notice is None else Origin.EXCHANGE,
        reference=reference if notice is None else notice.key,
        form=told.form,
        role="hand" if notice is None else ROLE,
        action=Action.HOLD,
        at=home.clock.now(),
        signals=told.signals,
        context=_sealed(casework, told),
    )


def _sealed(casework: Casework, told: Told) -> bytes:
    """Return the words and names of it, sealed; b"" where there are none, or no key."""
    home = casework.workshop.home
    key = ReviewKey.load(home.keys)
    if key is None or not (told.name or told.note):
        return b""
    link = (Item(ItemKind.LINK, text=told.name),) if told.about is SubjectKind.LINK else ()
    note = (Item(ItemKind.CAPTION, text=told.note),) if told.note else ()
    context = Context(
        account=told.name if told.about is SubjectKind.ACCOUNT else "",
        session=told.name if told.about is SubjectKind.SESSION else "",
        model=told.name if told.about is SubjectKind.MODEL else "",
    )
    check = "hand" if told.notice is None else "notice"
    return key.box(circumstances(CheckRequest((*link, *note), context), check=check, at=home.clock.now()))
