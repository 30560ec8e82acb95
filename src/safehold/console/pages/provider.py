"""Signing in by an identity provider: out to it, and back in; and the same again to confirm that it is them."""

from starlette.responses import RedirectResponse, Response

from safehold.console.cookies import forget, keep
from safehold.console.errors import PageMissingError
from safehold.console.page import Entry, Page
from safehold.console.pages import signing_in
from safehold.console.pages.asking import accounts_of, cookie_of
from safehold.console.users import Session
from safehold.console.users.errors import ProviderSilentError, RefusedError, SessionEndedError
from safehold.console.visit import PageVisit

ARRIVAL_COOKIE = "__Host-safehold-arrival"
_SECONDS = 600
_AWAY = 303


def go_to_provider(visit: PageVisit) -> Response:
    """Send somebody to the identity provider."""
    if visit.seat is not None:
        return visit.go(signing_in.aim(visit.query.get("to", "")))
    return _away(visit, None)


def confirm_at_provider(visit: PageVisit) -> Response:
    """Send who is signed in there again, to confirm that it is them."""
    session = accounts_of(visit).sessions.find(cookie_of(visit))
    return signing_in.again(visit) if session is None else _away(visit, session)


def come_back(visit: PageVisit) -> Response:
    """Take what the provider sent somebody back with."""
    entrance = accounts_of(visit).entrance
    if entrance is None:
        raise PageMissingError
    try:
        started, to = entrance.finish(
            visit.query, visit.cookies.get(ARRIVAL_COOKIE, ""), address=visit.address, cookie=cookie_of(visit)
        )
    except (RefusedError, ProviderSilentError) as error:
        return _without_arrival(_ask(visit, error))
    except SessionEndedError:
        return _without_arrival(signing_in.again(visit))
    has_confirmed = visit.seat is not None and started.session.stepped_up_until is not None
    if has_confirmed:
        return _without_arrival(signing_in.stepped_up(visit, started, to))
    return _without_arrival(signing_in.seated(visit.go(signing_in.aim(to)), started))


def _away(visit: PageVisit, session: Session | None) -> Response:
    entrance = accounts_of(visit).entrance
    if entrance is None:
        raise PageMissingError
    try:
        beginning = entrance.begin(to=signing_in.carried(visit.query.get("to", "")), session=session)
    except ProviderSilentError as error:
        return _ask(visit, error)
    response = RedirectResponse(beginning.address, _AWAY)
    keep(response, ARRIVAL_COOKIE, beginning.kept, seconds=_SECONDS)
    return response


def _ask(visit: PageVisit, error: RefusedError | ProviderSilentError) -> Response:
    """Show where somebody came from, saying what was wrong."""
    if visit.seat is not None:
        return signing_in.ask_step_up(visit, "", error)
    return signing_in.ask_entrance(visit, "", error)


def _without_arrival(response: Response) -> Response:
    forget(response, ARRIVAL_COOKIE)
    return response


PAGES = (
    Page("GET", "/sign-in/provider", go_to_provider, entry=Entry.ANYBODY),
    Page("GET", "/sign-in/provider/back", come_back, entry=Entry.ANYBODY),
    Page("GET", "/step-up/provider", confirm_at_provider),
)
