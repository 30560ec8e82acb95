"""Signing in and out, and showing the second factor again: the only pages for people nobody knows yet.

Whatever does not work is answered with one page, one status and one sentence. A form on the way in carries a token of
the cookie that the step before set; the frame has made sure that a page of this host sent it.
"""

import hmac
import re
from collections.abc import Callable
from functools import wraps

from markupsafe import Markup
from starlette.responses import Response

from safehold.console.cookies import SESSION_COOKIE, forget, keep
from safehold.console.errors import RefusedError as FrameRefusedError
from safehold.console.page import Entry, Page, View
from safehold.console.pages.asking import accounts_of, asked_of_known, asked_of_new, cookie_of
from safehold.console.users import Session, Source, Stage, Started
from safehold.console.users.errors import PasswordUnfitError, RefusedError, SessionEndedError, UserError
from safehold.console.users.proofs.picture import picture_of
from safehold.console.visit import PageVisit
from safehold.vocabulary import SafeholdError

SIGN_IN, SIGN_OUT, STEP_UP = "/sign-in", "/sign-out", "/step-up"
_STEPS = {
    Stage.SECOND_FACTOR: "/sign-in/factor",
    Stage.NEW_PASSWORD: "/sign-in/password",
    Stage.NEW_FACTOR: "/sign-in/app",
}
_PLAIN = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")
_LONGEST_PATH = 200
_REFUSED = 403
_TOO_LATE = "That took too long, or was done already. Please begin again."


def show_sign_in(visit: PageVisit) -> Response:
    """Ask for name and password."""
    if visit.seat is not None:
        return visit.go(aim(visit.query.get("to", "")))
    return ask_entrance(visit, visit.query.get("to", ""))


def sign_in(visit: PageVisit) -> Response:
    """Take name and password."""
    form = visit.form
    try:
        started = accounts_of(visit).signing_in.enter(
            form.get("name", "").strip(),
            form.get("password", ""),
            address=visit.address,
            before=cookie_of(visit),
        )
    except RefusedError as error:
        return ask_entrance(visit, form.get("to", ""), error)
    except SessionEndedError:
        return again(visit)
    return onwards(visit, started)


def at_stage(stage: Stage) -> Callable[[Callable[[PageVisit, Session], Response]], View]:
    """Return what makes a view of one that needs somebody at a stage of the way in; all others begin again."""

    def made(view: Callable[[PageVisit, Session], Response]) -> View:
        @wraps(view)
        def entered(visit: PageVisit) -> Response:
            session = arriving(visit, stage)
            try:
                return again(visit) if session is None else view(visit, session)
            except SessionEndedError:
                return again(visit)

        return entered

    return made


@at_stage(Stage.SECOND_FACTOR)
def show_factor(visit: PageVisit, session: Session) -> Response:
    """Ask for the second factor."""
    return ask_factor(visit, session, visit.query.get("to", ""))


@at_stage(Stage.SECOND_FACTOR)
def take_factor(visit: PageVisit, session: Session) -> Response:
    """Take a code of an app, or a recovery code."""
    try:
        started = accounts_of(visit).signing_in.show_code(cookie_of(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return ask_factor(visit, session, visit.form.get("to", ""), error)
    return onwards(visit, started)


@at_stage(Stage.NEW_PASSWORD)
def show_password(visit: PageVisit, session: Session) -> Response:
    """Ask for a password of one's own."""
    return _password(visit, session, visit.query.get("to", ""))


@at_stage(Stage.NEW_PASSWORD)
def take_password(visit: PageVisit, session: Session) -> Response:
    """Take a password of one's own."""
    new, to = visit.form.get("new", ""), visit.form.get("to", "")
    if new != visit.form.get("again", ""):
        return _password(visit, session, to, {"again": "The two are not the same."})
    try:
        started = accounts_of(visit).signing_in.choose_password(cookie_of(visit), new)
    except PasswordUnfitError as error:
        return _password(visit, session, to, {"new": sentence(error)})
    return onwards(visit, started)


@at_stage(Stage.NEW_FACTOR)
def show_app(visit: PageVisit, session: Session) -> Response:
    """Show what an authenticator app needs."""
    return ask_app(visit, session, visit.query.get("to", ""))


@at_stage(Stage.NEW_FACTOR)
def take_app(visit: PageVisit, session: Session) -> Response:
    """Take the app's first code, and show recovery codes once."""
    to = visit.form.get("to", "")
    try:
        started, codes = accounts_of(visit).signing_in.set_up_app(cookie_of(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return ask_app(visit, session, to, error)
    return show_codes(visit, started, codes, to)


def show_codes(visit: PageVisit, started: Started, codes: tuple[str, ...], to: str) -> Response:
    """Show recovery codes once, with the way on."""
    return seated(visit.page("signing_in/codes.html", codes=codes, to=aim(to)), started)


def sign_out(visit: PageVisit) -> Response:
    """End the session."""
    accounts_of(visit).sessions.end(cookie_of(visit))
    response = visit.go(SIGN_IN, notice="You are signed out.")
    forget(response, SESSION_COOKIE)
    return response


def show_step_up(visit: PageVisit) -> Response:
    """Ask who is signed in for the second factor again."""
    return ask_step_up(visit, visit.query.get("to", ""))


def step_up(visit: PageVisit) -> Response:
    """Take it."""
    to = visit.form.get("to", "")
    try:
        started = accounts_of(visit).signing_in.confirm_code(cookie_of(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return ask_step_up(visit, to, error)
    except SessionEndedError:
        return again(visit, "Your session is over. Please sign in again.")
    return stepped_up(visit, started, to)


def stepped_up(visit: PageVisit, started: Started, to: str) -> Response:
    """Lead who has shown that it is them back to where they were."""
    return seated(visit.go(aim(to), notice="Thank you. That counts for a few minutes."), started)


def seated(response: Response, started: Started) -> Response:
    """Give the browser the cookie of a session that has just begun or gone on."""
    keep(response, SESSION_COOKIE, started.cookie)
    return response


def sentence(error: Exception) -> str:
    """Return what an error of ours says, as a sentence."""
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def carried(to: str) -> str:
    """Return where somebody wanted to go, if it is a page of ours that is worth going to; else ""."""
    is_plain = len(to) <= _LONGEST_PATH and _PLAIN.fullmatch(to) is not None
    return to if is_plain and not to.startswith((SIGN_IN, SIGN_OUT, STEP_UP)) else ""


def ask_entrance(visit: PageVisit, to: str, error: SafeholdError | None = None) -> Response:
    """Ask for name and password, saying what was wrong."""
    has_provider = accounts_of(visit).entrance is not None
    return visit.page(
        "signing_in/enter.html", status=_status(error), to=carried(to), error=error, has_provider=has_provider
    )


def ask_factor(visit: PageVisit, session: Session, to: str, error: RefusedError | None = None) -> Response:
    """Ask for the second factor, saying what was wrong."""
    return visit.page(
        "signing_in/factor.html",
        status=_status(error),
        csrf=session.csrf,
        to=carried(to),
        error=error,
        asked=asked_of_known(visit, session),
    )


def _password(visit: PageVisit, session: Session, to: str, errors: dict[str, str] | None = None) -> Response:
    return visit.page(
        "signing_in/password.html",
        status=_REFUSED if errors else 200,
        csrf=session.csrf,
        name=session.person.name,
        shortest=accounts_of(visit).rules.passwords.shortest,
        to=carried(to),
        errors=errors or {},
    )


def ask_app(visit: PageVisit, session: Session, to: str, error: UserError | None = None) -> Response:
    """Show what an authenticator app or a security key needs, saying what was wrong."""
    app = accounts_of(visit).factors.begin_app(session)
    return visit.page(
        "signing_in/app.html",
        status=_status(error),
        csrf=session.csrf,
        name=session.person.name,
        picture=Markup(picture_of(app.address, title="QR code for your authenticator app")),  # noqa: S704 - our own
        written=app.written,
        asked=asked_of_new(visit, session),
        to=carried(to),
        error=error,
    )


def ask_step_up(visit: PageVisit, to: str, error: SafeholdError | None = None) -> Response:
    """Ask who is signed in for the second factor again, saying what was wrong."""
    session = accounts_of(visit).sessions.find(cookie_of(visit))
    if session is None:
        return again(visit, "Your session is over. Please sign in again.")
    return visit.page(
        "signing_in/step_up.html",
        status=_status(error),
        to=carried(to),
        error=error,
        is_local=session.source is Source.LOCAL,
        has_factor=accounts_of(visit).factors.has(session.person.name),
        asked=asked_of_known(visit, session),
    )


def arriving(visit: PageVisit, stage: Stage) -> Session | None:
    """Return who is at a stage of the way in; None for nobody.

    Raises:
        FrameRefusedError: the form was not made for them.
    """
    session = accounts_of(visit).sessions.arriving(cookie_of(visit))
    if session is None or session.stage is not stage:
        return None
    sent = visit.form.get("csrf", "").encode()
    if visit.page_asked.method == "POST" and not hmac.compare_digest(sent, session.csrf.encode()):
        raise FrameRefusedError(403, "This form is too old, or not ours", advice="Nothing was done. Begin again.")
    return session


def onwards(visit: PageVisit, started: Started) -> Response:
    """Lead to the next step, or to where they wanted to go."""
    to = visit.form.get("to", "")
    step = _STEPS.get(started.session.stage)
    response = visit.go(aim(to) if step is None else f"{step}?to={carried(to)}" if carried(to) else step)
    return seated(response, started)


def again(visit: PageVisit, why: str = _TOO_LATE) -> Response:
    """Lead back to the beginning."""
    response = visit.go(SIGN_IN, notice=why)
    forget(response, SESSION_COOKIE)
    return response


def aim(to: str) -> str:
    """Return where somebody is led who wanted to go somewhere."""
    return carried(to) or "/"


def _status(error: Exception | None) -> int:
    return 200 if error is None else _REFUSED


PAGES = (
    Page("GET", SIGN_IN, show_sign_in, entry=Entry.ANYBODY),
    Page("POST", SIGN_IN, sign_in, entry=Entry.ANYBODY),
    Page("GET", "/sign-in/factor", show_factor, entry=Entry.ANYBODY),
    Page("POST", "/sign-in/factor", take_factor, entry=Entry.ANYBODY),
    Page("GET", "/sign-in/password", show_password, entry=Entry.ANYBODY),
    Page("POST", "/sign-in/password", take_password, entry=Entry.ANYBODY),
    Page("GET", "/sign-in/app", show_app, entry=Entry.ANYBODY),
    Page("POST", "/sign-in/app", take_app, entry=Entry.ANYBODY),
    Page("POST", SIGN_OUT, sign_out),
    Page("GET", STEP_UP, show_step_up),
    Page("POST", STEP_UP, step_up),
)
