"""Admission: who may use a page, and whether a form that changes something was ours. Decided here for every page.

Rules: without a session, without the ability, without a second factor shown just now: refused, in this order, before
anything of the body is read. A form counts as ours when the browser says that it comes from a page of this host, and it
carries the session's token.

Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet (2025): verifying the origin with standard headers,
and a token bound to the session; W3C, Fetch Metadata Request Headers, section 2.3.
"""

import datetime as dt
import hmac
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from safehold.console.context import Seat
from safehold.console.errors import RefusedError
from safehold.console.page import Entry, Page

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
STEP_UP = "/step-up"
_TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a field
_TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the name of a header


def admit(page: Page, seat: Seat | None, *, request: Request, now: dt.datetime) -> Response | None:
    """Return None where somebody may use a page; where to go first, if that helps.

    Args:
        page: what is asked for.
        seat: who asks; None for nobody who has signed in.
        request: how it is asked for.
        now: the time.

    Raises:
        RefusedError: they may not.
    """
    if page.entry is Entry.ANYBODY:
        return None
    if seat is None:
        return _first(SIGN_IN, request, 401, "Please sign in", "Your session may have ended. Sign in and do it again.")
    if seat.confined_to and page.path not in {seat.confined_to, SIGN_OUT, STEP_UP}:
        return RedirectResponse(seat.confined_to, 303)
    if page.needs is not None and not seat.person.can(page.needs):
        raise RefusedError(403, "Your roles don't include this", advice="Ask whoever manages users if they should.")
    if page.entry is Entry.STEPPED_UP and not is_stepped_up(seat, now):
        advice = "Nothing was done. Confirm that it is you, then do it again."
        return _first(STEP_UP, request, 403, "Please confirm that it is you", advice)
    return None


def is_stepped_up(seat: Seat, now: dt.datetime) -> bool:
    """Whether somebody has shown their second factor within the last minutes."""
    return seat.stepped_up_until is not None and now < seat.stepped_up_until


def _first(place: str, request: Request, status: int, title: str, advice: str) -> Response:
    """Lead somebody who looks to where they must go first, and back; refuse who wants to change something.

    Raises:
        RefusedError: nothing was done.
    """
    if request.method in {"GET", "HEAD"} and not _is_script(request):
        return RedirectResponse(f"{place}?to={quote(request.url.path, safe='/')}", 303)
    raise RefusedError(status, title, advice=advice)


def require_ours(request: Request, seat: Seat | None, token: str) -> None:
    """Refuse a form that another site may have had somebody send.

    Args:
        request: that would change something.
        seat: who asks; None for nobody, of whom no token can be asked.
        token: the form's; "" where it is in a header.

    Raises:
        RefusedError: it is not ours, or nobody can tell.
    """
    shown = token or request.headers.get(_TOKEN_HEADER, "")
    is_known = seat is None or hmac.compare_digest(shown.encode(), seat.csrf.encode())
    if not (_is_from_here(request) and is_known):
        raise RefusedError(
            403, "This form is too old, or not ours", advice="Nothing was done. Open the page again and send it again."
        )


def _is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of this host sent it; a browser that says nothing is not believed."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_script(request: Request) -> bool:
    return request.headers.get("sec-fetch-mode") in {"cors", "same-origin"}
