"""One's own account: the password, second factors, recovery codes, and where else one is signed in.

Everything here is about who asks, and nobody else: no page names a user. What would let somebody else in later asks
for the second factor again.
"""

from markupsafe import Markup
from starlette.responses import Response

from safehold.console.page import Entry, Page
from safehold.console.pages.asking import accounts_of, cookie_of, party_of
from safehold.console.pages.signing_in import seated, sentence
from safehold.console.users import Session, Source
from safehold.console.users.errors import FactorError, PasswordUnfitError, RefusedError, SessionEndedError
from safehold.console.users.proofs.picture import picture_of
from safehold.console.visit import PageVisit

SECURITY = "/me/security"
_REFUSED = 403


def show_security(visit: PageVisit) -> Response:
    """Show what proves who somebody is, and what they can change of it."""
    return _security(visit)


def choose_password(visit: PageVisit) -> Response:
    """Take another password, from who knows the one that they have."""
    accounts, session = accounts_of(visit), session_of(visit)
    form = visit.form
    if form.get("new", "") != form.get("again", ""):
        return _security(visit, {"again": "The two are not the same."})
    try:
        accounts.signing_in.require_password(session, cookie_of(visit), form.get("old", ""))
        accounts.users.choose_password(session, form.get("new", ""))
    except SessionEndedError:
        return visit.go("/sign-in", notice="Your session is over. Please sign in again.")
    except RefusedError:
        return _security(visit, {"old": "That is not your password."})
    except PasswordUnfitError as error:
        return _security(visit, {"new": sentence(error)})
    response = visit.go(SECURITY, notice="Your password is changed; wherever else you were signed in, you are no more.")
    return seated(response, accounts.sessions.exchange(cookie_of(visit)))


def begin_app(visit: PageVisit) -> Response:
    """Show what another authenticator app needs."""
    return _app(visit)


def add_app(visit: PageVisit) -> Response:
    """Take the app's first code."""
    try:
        codes = accounts_of(visit).factors.confirm_app(session_of(visit), visit.form.get("code", ""))
    except RefusedError as error:
        return _app(visit, error)
    return added(visit, codes)


def added(visit: PageVisit, codes: tuple[str, ...]) -> Response:
    """Say that a factor counts now; show the recovery codes that came with the first one."""
    if codes:
        return visit.page("users/recovery.html", codes=codes)
    return visit.go(SECURITY, notice="The second factor is added; wherever else you were signed in, you are no more.")


def remove_factor(visit: PageVisit) -> Response:
    """Take away one of one's own second factors."""
    try:
        accounts_of(visit).factors.remove(session_of(visit), visit.form.get("factor", ""))
    except FactorError as error:
        return _security(visit, {"factors": f"{sentence(error)} {error.advice}"})
    return visit.go(SECURITY, notice="It is taken away; wherever else you were signed in, you are no more.")


def renew_codes(visit: PageVisit) -> Response:
    """Make new recovery codes and show them once."""
    try:
        codes = accounts_of(visit).factors.renew_recovery_codes(session_of(visit))
    except FactorError as error:
        return _security(visit, {"factors": f"{sentence(error)} {error.advice}"})
    return visit.page("users/recovery.html", codes=codes)


def end_others(visit: PageVisit) -> Response:
    """Sign out everywhere else."""
    ended = accounts_of(visit).sessions.end_others(session_of(visit))
    return visit.go(SECURITY, notice=f"Signed out elsewhere: {ended} session{'' if ended == 1 else 's'}.")


def _security(visit: PageVisit, errors: dict[str, str] | None = None) -> Response:
    accounts, session = accounts_of(visit), session_of(visit)
    name = session.person.name
    return visit.page(
        "users/security.html",
        status=_REFUSED if errors else 200,
        errors=errors or {},
        session=session,
        is_local=session.source is Source.LOCAL,
        factors=accounts.factors.list(name),
        codes_left=accounts.factors.recovery_codes_left(name),
        others=accounts.sessions.count(name) - 1,
        shortest=accounts.rules.passwords.shortest,
        is_stepped_up=visit.is_stepped_up,
        has_keys=party_of(visit) is not None,
    )


def _app(visit: PageVisit, error: RefusedError | None = None) -> Response:
    try:
        app = accounts_of(visit).factors.begin_app(session_of(visit))
    except FactorError as refused:
        return _security(visit, {"factors": f"{sentence(refused)} {refused.advice}"})
    return visit.page(
        "users/app.html",
        status=200 if error is None else _REFUSED,
        picture=Markup(picture_of(app.address, title="QR code for your authenticator app")),  # noqa: S704 - our own
        written=app.written,
        error=error,
    )


def session_of(visit: PageVisit) -> Session:
    """Return the session of who asks, as it is now.

    Raises:
        SessionEndedError: it is over.
    """
    session = accounts_of(visit).sessions.find(cookie_of(visit))
    if session is None:
        raise SessionEndedError("your session is over", advice="Sign in again.")
    return session


PAGES = (
    Page("GET", SECURITY, show_security),
    Page("POST", "/me/security/password", choose_password),
    Page("GET", "/me/security/app", begin_app, entry=Entry.STEPPED_UP),
    Page("POST", "/me/security/app", add_app, entry=Entry.STEPPED_UP),
    Page("POST", "/me/security/remove", remove_factor, entry=Entry.STEPPED_UP),
    Page("POST", "/me/security/codes", renew_codes, entry=Entry.STEPPED_UP),
    Page("POST", "/me/security/sessions", end_others),
)
