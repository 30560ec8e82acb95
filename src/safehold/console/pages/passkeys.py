"""Security keys on pages: what the browser sends back of a key, as a field of a form."""

from starlette.responses import Response

from safehold.console.page import Entry, Page
from safehold.console.pages import security, signing_in
from safehold.console.pages.asking import accounts_of, asked_of_new, cookie_of, party_of
from safehold.console.users import Session, Stage
from safehold.console.users.errors import FactorError, RefusedError, SessionEndedError
from safehold.console.users.proofs.passkeys import Party
from safehold.console.visit import PageVisit

_OVER = "Your session is over. Please sign in again."


@signing_in.at_stage(Stage.SECOND_FACTOR)
def take_key(visit: PageVisit, session: Session) -> Response:
    """Take what a security key signed as the second factor."""
    try:
        started = accounts_of(visit).signing_in.show_key(cookie_of(visit), _party(visit), _sent(visit))
    except RefusedError as error:
        return signing_in.ask_factor(visit, session, visit.form.get("to", ""), error)
    return signing_in.onwards(visit, started)


@signing_in.at_stage(Stage.NEW_FACTOR)
def take_new_key(visit: PageVisit, session: Session) -> Response:
    """Take a first security key, and show recovery codes once."""
    to = visit.form.get("to", "")
    try:
        started, codes = accounts_of(visit).signing_in.set_up_key(cookie_of(visit), _party(visit), _sent(visit))
    except (RefusedError, FactorError) as error:
        return signing_in.ask_app(visit, session, to, error)
    return signing_in.show_codes(visit, started, codes, to)


def step_up(visit: PageVisit) -> Response:
    """Take what a security key signed, to confirm that it is them."""
    try:
        started = accounts_of(visit).signing_in.confirm_key(cookie_of(visit), _party(visit), _sent(visit))
    except RefusedError as error:
        return signing_in.ask_step_up(visit, visit.form.get("to", ""), error)
    except SessionEndedError:
        return signing_in.again(visit, _OVER)
    return signing_in.stepped_up(visit, started, visit.form.get("to", ""))


def begin_key(visit: PageVisit) -> Response:
    """Show what another security key needs."""
    return _new_key(visit, None)


def add_key(visit: PageVisit) -> Response:
    """Take another security key."""
    try:
        codes = accounts_of(visit).keys.confirm(security.session_of(visit), _party(visit), _sent(visit))
    except (RefusedError, FactorError) as error:
        return _new_key(visit, error)
    return security.added(visit, codes)


def _new_key(visit: PageVisit, error: RefusedError | FactorError | None) -> Response:
    asked = asked_of_new(visit, security.session_of(visit))
    return visit.page("users/key.html", status=200 if error is None else 403, asked=asked, error=error)


def _party(visit: PageVisit) -> Party:
    party = party_of(visit)
    if party is None:
        raise RefusedError("keys can't be used here", advice="Open the console at its own address.")
    return party


def _sent(visit: PageVisit) -> str:
    return visit.form.get("credential", "")


PAGES = (
    Page("POST", "/sign-in/key", take_key, entry=Entry.ANYBODY),
    Page("POST", "/sign-in/new-key", take_new_key, entry=Entry.ANYBODY),
    Page("POST", "/step-up/key", step_up),
    Page("GET", "/me/security/key", begin_key, entry=Entry.STEPPED_UP),
    Page("POST", "/me/security/key", add_key, entry=Entry.STEPPED_UP),
)
