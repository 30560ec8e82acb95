"""Cases by hand: what somebody found or was told, about an account, session, model or link, or known by its hash.

What is written is sealed to the review key before it is kept; of a file its fingerprints are taken, and nothing else.
"""

import re
import secrets
from dataclasses import dataclass, field

from starlette.responses import Response

from safehold.cases import Ability, CaseId, Form, NewItem, Origin, Priority, Subject, SubjectKind
from safehold.cases.enforcement.danger import Danger, DangerKind
from safehold.cases.errors import UnfitWordError
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.gateway.circumstances import circumstances
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.ledger import is_fit
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Action, Algorithm, MediaKind, PdqFlavour, Signal, signal_width_bytes

LONGEST_NOTE = 4000
MOST_HASHES = 100

_ABOUT = (SubjectKind.ACCOUNT, SubjectKind.SESSION, SubjectKind.MODEL, SubjectKind.LINK, SubjectKind.NOBODY)
_LONGEST_NAME = 300
_HASH = re.compile(r"(?:(sha256|sha1|md5|pdq):)?([0-9a-fA-F]+)")
_BY_WIDTH = {signal_width_bytes(one): one for one in (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)}
_FORMS = {MediaKind.IMAGE: Form.IMAGE, MediaKind.VIDEO: Form.VIDEO, MediaKind.AUDIO: Form.AUDIO}
_REFERENCE_BYTES = 10


@dataclass(slots=True)
class _Filled:
    """A form as it was filled in, and what is wrong with it."""

    about: SubjectKind | None
    name: str
    note: str
    label: str
    signals: tuple[Signal, ...] = ()
    form: Form = Form.FINGERPRINT
    errors: dict[str, str] = field(default_factory=dict)


def begin_by_hand(visit: PageVisit) -> Response:
    """Show the form."""
    return _page(visit, {})


def open_by_hand(visit: PageVisit) -> Response:
    """Open a case, or add to the open one of the same subject."""
    filled = _filled(visit)
    key = ReviewKey.load(visit.console.casework.workshop.home.keys)
    if filled.note and key is None:
        filled.errors["note"] = "What is written can't be sealed: there is no review key."
    if filled.errors or filled.about is None:
        return _page(visit, filled.errors)
    subject = _subject(visit, filled.about, filled.name)
    sealed = b"" if key is None or not filled.note else key.box(_told(visit, filled))
    try:
        case_id, danger = _open(visit, filled, subject, sealed)
    except UnfitWordError:
        return _page(visit, {"label": "The warning is one word, such as the kind of harm."})
    if danger is not None:
        return visit.go(f"/dangers/{danger.id}")
    return visit.go(f"/cases/{case_id}", notice="It is in this case now.")


def _open(visit: PageVisit, filled: _Filled, subject: Subject, sealed: bytes) -> tuple[CaseId, Danger | None]:
    """Open the case; where there may be danger to life, raise that in the same step."""
    priority = next((one for one in Priority if one.value == visit.form.get("priority")), Priority.NORMAL)
    item = NewItem(
        Origin.HAND,
        f"hand_{secrets.token_hex(_REFERENCE_BYTES)}",
        filled.form,
        "hand",
        Action.HOLD,
        visit.console.clock.now(),
        signals=filled.signals,
        context=sealed,
    )
    casework, person = visit.console.casework, visit.person
    with casework.workshop.home.database.writing() as connection:
        case = casework.cases.open(
            subject, [item], connection, actor=person.name, priority=priority, label=filled.label
        )
        if priority is not Priority.DANGER:
            return case, None
        return case, casework.dangers.open(person, case, connection, kind=DangerKind.CHILD)


def _filled(visit: PageVisit) -> _Filled:
    form = visit.form
    about = next((one for one in _ABOUT if one.value == form.get("about")), None)
    filled = _Filled(about, form.get("name", "").strip(), form.get("note", "").strip(), form.get("label", "").strip())
    _look_at_subject(filled)
    _look_at_hashes(filled, form.get("hashes", ""))
    if len(filled.note) > LONGEST_NOTE:
        filled.errors["note"] = f"Write {LONGEST_NOTE:,} characters at most."
    if not is_fit(filled.label):
        filled.errors["label"] = "The warning is one word, such as the kind of harm."
    if data := visit.upload("file"):
        looked = visit.console.instruments.lookup.look(data)
        filled.signals = (*filled.signals, *looked.signals)
        filled.form = _FORMS.get(looked.kind, Form.FILE)
    elif not filled.signals:
        filled.form = Form.LINK if about is SubjectKind.LINK else Form.TEXT
    if about is SubjectKind.NOBODY and not filled.signals:
        filled.errors["hashes"] = "Say whom it is about, or give a hash or a file."
    return filled


def _look_at_subject(filled: _Filled) -> None:
    if filled.about is None:
        filled.errors["about"] = "Choose whom or what it is about."
    elif filled.about is SubjectKind.NOBODY:
        filled.name = ""
    elif not filled.name or len(filled.name) > _LONGEST_NAME:
        filled.errors["name"] = "Name it, as the operator's system does."
    elif filled.about is SubjectKind.MODEL and not is_fit(filled.name):
        filled.errors["name"] = "A model's name and version are one word, without spaces."


def _look_at_hashes(filled: _Filled, text: str) -> None:
    signals = [_signal(line) for line in text.split()]
    if len(signals) > MOST_HASHES or None in signals:
        filled.errors["hashes"] = f"Write up to {MOST_HASHES} hashes, each in hexadecimal; PDQ values as pdq:HEX."
    filled.signals = tuple(signal for signal in signals if signal is not None)


def _signal(word: str) -> Signal | None:
    """Return the fingerprint of a word, by its name or else its length; None where it is none."""
    found = _HASH.fullmatch(word)
    if found is None or len(found[2]) % 2:
        return None
    value = bytes.fromhex(found[2])
    algorithm = Algorithm(found[1]) if found[1] else _BY_WIDTH.get(len(value))
    if algorithm is None or len(value) != signal_width_bytes(algorithm):
        return None
    return Signal(algorithm, value, PdqFlavour.UNKNOWN if algorithm is Algorithm.PDQ else None)


def _subject(visit: PageVisit, about: SubjectKind, name: str) -> Subject:
    match about:
        case SubjectKind.NOBODY:
            return Subject(about, "")
        case SubjectKind.MODEL:
            return Subject(about, name)
        case _:
            return Subject(about, visit.console.casework.marks.of(about.value, name) or "")


def _told(visit: PageVisit, filled: _Filled) -> bytes:
    context = Context(
        account=filled.name if filled.about is SubjectKind.ACCOUNT else "",
        session=filled.name if filled.about is SubjectKind.SESSION else "",
    )
    request = CheckRequest((Item(ItemKind.CAPTION, text=filled.note),), context)
    return circumstances(request, check="hand", at=visit.console.clock.now())


def _page(visit: PageVisit, errors: dict[str, str]) -> Response:
    form = visit.form
    return visit.page(
        "hand/new.html",
        status=422 if errors else 200,
        errors=errors,
        about=[(one.value, _ABOUT_SAID[one]) for one in _ABOUT],
        priorities=[(one.value, _PRIORITY_SAID[one]) for one in Priority],
        filled={name: form.get(name, "") for name in ("about", "name", "hashes", "note", "label", "priority")},
        longest_note=LONGEST_NOTE,
    )


_ABOUT_SAID = {
    SubjectKind.ACCOUNT: "An account",
    SubjectKind.SESSION: "A session",
    SubjectKind.MODEL: "A model",
    SubjectKind.LINK: "A link",
    SubjectKind.NOBODY: "Nobody known: a hash or file alone",
}
_PRIORITY_SAID = {
    Priority.DANGER: "There may be danger to life",
    Priority.URGENT: "Urgent",
    Priority.NORMAL: "Normal",
    Priority.LOW: "Low",
}

PAGES = (
    Page("GET", "/hand", begin_by_hand, needs=Ability.REVIEW),
    Page("POST", "/hand", open_by_hand, needs=Ability.REVIEW),
)
