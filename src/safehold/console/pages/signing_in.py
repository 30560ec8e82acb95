"""Signing in and out, and showing the second factor again: the only pages for people nobody knows yet.

Whatever does not work is answered with one page, one status and one sentence. A form on the way in carries a token of
the cookie that the step before set; the frame has made sure that a page of this host sent it.
"""

import hmac
import re

from markupsafe import Markup
from starlette.responses import Response

from safehold.console.cookies import SESSION_COOKIE, forget, keep
from safehold.console.errors import RefusedError as FrameRefusedError
from safehold.console.page import Entry, Page
from safehold.console.users import Accounts, Session, Stage, Started
from safehold.console.users.errors import PasswordUnfitError, RefusedError, SessionEndedError
from safehold.console.users.proofs.picture import picture_of
from safehold.console.visit import PageVisit

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
        return visit.go(_aim(visit.query.get("to", "")))
    return _entrance(visit, visit.query.get("to", ""))


def sign_in(visit: PageVisit) -> Response:
    """Take name and password."""
    form = visit.form
    try:
        started = _accounts(visit).signing_in.enter(
            form.get("name", "").strip(),
            form.get("password", ""),
            address=visit.address,
            before=visit.cookies.get(SESSION_COOKIE, ""),
        )
    except RefusedError as error:
        return _entrance(visit, form.get("to", ""), error)
    except SessionEndedError:
        return _again(visit)
    return _onwards(visit, started)


def show_factor(visit: PageVisit) -> Response:
    """Ask for the second factor."""
    session = _arriving(visit, Stage.SECOND_FACTOR)
    return _again(visit) if session is None else _factor(visit, session, visit.query.get("to", ""))


def take_factor(visit: PageVisit) -> Response:
    """Take a code of an app, or a recovery code."""
    session = _arriving(visit, Stage.SECOND_FACTOR)
    if session is None:
        return _again(visit)
    try:
        started = _accounts(visit).signing_in.show_code(_cookie(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return _factor(visit, session, visit.form.get("to", ""), error)
    except SessionEndedError:
        return _again(visit)
    return _onwards(visit, started)


def show_password(visit: PageVisit) -> Response:
    """Ask for a password of one's own."""
    session = _arriving(visit, Stage.NEW_PASSWORD)
    return _again(visit) if session is None else _password(visit, session, visit.query.get("to", ""))


def take_password(visit: PageVisit) -> Response:
    """Take a password of one's own."""
    session = _arriving(visit, Stage.NEW_PASSWORD)
    if session is None:
        return _again(visit)
    new, to = visit.form.get("new", ""), visit.form.get("to", "")
    if new != visit.form.get("again", ""):
        return _password(visit, session, to, {"again": "The two are not the same."})
    try:
        started = _accounts(visit).signing_in.choose_password(_cookie(visit), new)
    except PasswordUnfitError as error:
        return _password(visit, session, to, {"new": sentence(error)})
    except SessionEndedError:
        return _again(visit)
    return _onwards(visit, started)


def show_app(visit: PageVisit) -> Response:
    """Show what an authenticator app needs."""
    session = _arriving(visit, Stage.NEW_FACTOR)
    return _again(visit) if session is None else _app(visit, session, visit.query.get("to", ""))


def take_app(visit: PageVisit) -> Response:
    """Take the app's first code, and show recovery codes once."""
    session = _arriving(visit, Stage.NEW_FACTOR)
    if session is None:
        return _again(visit)
    to = visit.form.get("to", "")
    try:
        started, codes = _accounts(visit).signing_in.set_up_app(_cookie(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return _app(visit, session, to, error)
    except SessionEndedError:
        return _again(visit)
    response = visit.page("signing_in/codes.html", codes=codes, to=_aim(to))
    return seated(response, started)


def sign_out(visit: PageVisit) -> Response:
    """End the session."""
    _accounts(visit).sessions.end(_cookie(visit))
    response = visit.go(SIGN_IN, notice="You are signed out.")
    forget(response, SESSION_COOKIE)
    return response


def show_step_up(visit: PageVisit) -> Response:
    """Ask who is signed in for the second factor again."""
    return _step_up(visit, visit.query.get("to", ""))


def step_up(visit: PageVisit) -> Response:
    """Take it."""
    to = visit.form.get("to", "")
    try:
        started = _accounts(visit).signing_in.confirm_code(_cookie(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return _step_up(visit, to, error)
    except SessionEndedError:
        return _again(visit, "Your session is over. Please sign in again.")
    return seated(visit.go(_aim(to), notice="Thank you. That counts for a few minutes."), started)


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


def _entrance(visit: PageVisit, to: str, error: RefusedError | None = None) -> Response:
    return visit.page("signing_in/enter.html", status=_status(error), to=carried(to), error=error)


def _factor(visit: PageVisit, session: Session, to: str, error: RefusedError | None = None) -> Response:
    return visit.page("signing_in/factor.html", status=_status(error), csrf=session.csrf, to=carried(to), error=error)


def _password(visit: PageVisit, session: Session, to: str, errors: dict[str, str] | None = None) -> Response:
    return visit.page(
        "signing_in/password.html",
        status=_REFUSED if errors else 200,
        csrf=session.csrf,
        name=session.person.name,
        shortest=_accounts(visit).rules.passwords.shortest,
        to=carried(to),
        errors=errors or {},
    )


def _app(visit: PageVisit, session: Session, to: str, error: RefusedError | None = None) -> Response:
    app = _accounts(visit).factors.begin_app(session)
    return visit.page(
        "signing_in/app.html",
        status=_status(error),
        csrf=session.csrf,
        name=session.person.name,
        picture=Markup(picture_of(app.address, title="QR code for your authenticator app")),  # noqa: S704 - our own
        written=app.written,
        to=carried(to),
        error=error,
    )


def _step_up(visit: PageVisit, to: str, error: RefusedError | None = None) -> Response:
    has_factor = _accounts(visit).factors.has(visit.person.name)
    return visit.page(
        "signing_in/step_up.html", status=_status(error), to=carried(to), error=error, has_factor=has_factor
    )


def _arriving(visit: PageVisit, stage: Stage) -> Session | None:
    """Return who is at a stage of the way in; None for nobody.

    Raises:
        FrameRefusedError: the form was not made for them.
    """
    session = _accounts(visit).sessions.arriving(_cookie(visit))
    if session is None or session.stage is not stage:
        return None
    sent = visit.form.get("csrf", "").encode()
    if visit.page_asked.method == "POST" and not hmac.compare_digest(sent, session.csrf.encode()):
        raise FrameRefusedError(403, "This form is too old, or not ours", advice="Nothing was done. Begin again.")
    return session


def _onwards(visit: PageVisit, started: Started) -> Response:
    """Lead to the next step, or to where they wanted to go."""
    to = visit.form.get("to", "")
    step = _STEPS.get(started.session.stage)
    response = visit.go(_aim(to) if step is None else f"{step}?to={carried(to)}" if carried(to) else step)
    return seated(response, started)


def _again(visit: PageVisit, why: str = _TOO_LATE) -> Response:
    response = visit.go(SIGN_IN, notice=why)
    forget(response, SESSION_COOKIE)
    return response


def _aim(to: str) -> str:
    return carried(to) or "/"


def _cookie(visit: PageVisit) -> str:
    return visit.cookies.get(SESSION_COOKIE, "")


def _status(error: Exception | None) -> int:
    return 200 if error is None else _REFUSED


def _accounts(visit: PageVisit) -> Accounts:
    accounts: Accounts = visit.console.users
    return accounts


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
