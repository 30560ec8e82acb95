"""Cases by hand: what somebody found, or an exchange gave notice of: an account, session, model or link, or a hash.

What is written is sealed to the review key before it is kept; of a file its fingerprints are taken, and nothing else.
"""

import datetime as dt
import re
from dataclasses import dataclass, field

from starlette.responses import Response

from safehold.cases import Ability, Form, Priority, SubjectKind
from safehold.cases.errors import UnfitNoticeError, UnfitWordError
from safehold.cases.notice import EXCHANGE_NAME, Notice
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.ledger import is_fit
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Algorithm, MediaKind, PdqFlavour, Signal, signal_width_bytes
from safehold.wiring.telling import Told, open_told

LONGEST_NOTE = 4000
MOST_HASHES = 100

_ABOUT = (SubjectKind.ACCOUNT, SubjectKind.SESSION, SubjectKind.MODEL, SubjectKind.LINK, SubjectKind.NOBODY)
_LONGEST_NAME = 300
_HASH = re.compile(r"(?:(sha256|sha1|md5|pdq):)?([0-9a-fA-F]+)")
_BY_WIDTH = {signal_width_bytes(one): one for one in (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)}
_FORMS = {MediaKind.IMAGE: Form.IMAGE, MediaKind.VIDEO: Form.VIDEO, MediaKind.AUDIO: Form.AUDIO}
_FIELDS = ("about", "name", "hashes", "note", "label", "priority", "exchange", "reference", "due")


@dataclass(slots=True)
class _Filled:
    """A form as it was filled in, and what is wrong with it."""

    about: SubjectKind | None
    name: str
    note: str
    label: str
    signals: tuple[Signal, ...] = ()
    form: Form = Form.FINGERPRINT
    notice: Notice | None = None
    due_at: dt.datetime | None = None
    errors: dict[str, str] = field(default_factory=dict)


def begin_by_hand(visit: PageVisit) -> Response:
    """Show the form."""
    return _page(visit, {})


def open_by_hand(visit: PageVisit) -> Response:
    """Open a case, or add to the open one of the same subject."""
    filled = _filled(visit)
    if filled.note and ReviewKey.load(visit.console.casework.workshop.home.keys) is None:
        filled.errors["note"] = "What is written can't be sealed: there is no review key."
    if filled.errors or filled.about is None:
        return _page(visit, filled.errors)
    try:
        case_id, danger = open_told(visit.console.casework, visit.person, _told(visit, filled, filled.about))
    except UnfitWordError:
        return _page(visit, {"label": "The warning is one word, such as the kind of harm."})
    except UnfitNoticeError:
        return _page(visit, {"hashes": "A notice is about one file: give each file a notice of its own."})
    if danger is not None:
        return visit.go(f"/dangers/{danger.id}")
    return visit.go(f"/cases/{case_id}", notice="It is in this case now.")


def _told(visit: PageVisit, filled: "_Filled", about: SubjectKind) -> Told:
    return Told(
        about=about,
        name=filled.name,
        note=filled.note,
        signals=filled.signals,
        form=filled.form,
        label=filled.label,
        priority=next((one for one in Priority if one.value == visit.form.get("priority")), Priority.NORMAL),
        due_at=filled.due_at,
        notice=filled.notice,
    )


def _filled(visit: PageVisit) -> _Filled:
    form = visit.form
    about = next((one for one in _ABOUT if one.value == form.get("about")), None)
    filled = _Filled(about, form.get("name", "").strip(), form.get("note", "").strip(), form.get("label", "").strip())
    _look_at_subject(filled)
    _look_at_hashes(filled, form.get("hashes", ""))
    _look_at_notice(filled, form.get("exchange", "").strip(), form.get("reference", "").strip())
    _look_at_due(filled, form.get("due", "").strip())
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
    if filled.notice is not None and filled.form is Form.TEXT and not filled.note:
        filled.form = Form.FINGERPRINT
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


def _look_at_notice(filled: _Filled, exchange: str, reference: str) -> None:
    if not (exchange or reference):
        return
    try:
        filled.notice = Notice(exchange, reference)
    except UnfitNoticeError as error:
        field = "reference" if EXCHANGE_NAME.fullmatch(exchange) else "exchange"
        filled.errors[field] = f"{error.args[0][:1].upper()}{error.args[0][1:]}."


def _look_at_due(filled: _Filled, text: str) -> None:
    try:
        filled.due_at = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None
    except ValueError:
        filled.errors["due"] = "Write a day and a time, such as 2026-11-30T12:00."


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


def _page(visit: PageVisit, errors: dict[str, str]) -> Response:
    form = visit.form
    return visit.page(
        "hand/new.html",
        status=422 if errors else 200,
        errors=errors,
        about=[(one.value, _ABOUT_SAID[one]) for one in _ABOUT],
        priorities=[(one.value, _PRIORITY_SAID[one]) for one in Priority],
        filled={name: form.get(name, "") for name in _FIELDS},
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
