"""Cookies of the console: whose session it is, how they like to look at pages, and a word for the next page.

Rules: each is bound to this host and path, unseen by scripts, and sent over TLS or to this machine alone (``__Host-``).

Source: RFC 6265bis (draft 22), section 4.1.3.2, "The __Host- Prefix".
"""

import base64
import json

from starlette.responses import Response

SESSION_COOKIE = "__Host-safehold"
LOOK_COOKIE = "__Host-safehold-look"
NOTICE_COOKIE = "__Host-safehold-notice"

_LOOK_SECONDS = 365 * 86_400
_NOTICE_SECONDS = 60
_LONGEST_NOTICE = 300


def keep(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Have the browser keep a cookie.

    Args:
        response: that sets it.
        name: one of ours.
        value: letters, digits, "-", "_", "." and "=".
        seconds: how long; None until the browser ends.
    """
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def forget(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def keep_notice(response: Response, notice: str) -> None:
    """Have the next page say something once."""
    written = base64.urlsafe_b64encode(json.dumps(notice[:_LONGEST_NOTICE]).encode()).decode()
    keep(response, NOTICE_COOKIE, written, seconds=_NOTICE_SECONDS)


def read_notice(value: str) -> str:
    """Return what a cookie says; "" where it is none of ours."""
    try:
        told = json.loads(base64.urlsafe_b64decode(value.encode()))
    except (ValueError, RecursionError):
        return ""
    return told[:_LONGEST_NOTICE] if isinstance(told, str) else ""


def keep_look(response: Response, look: str) -> None:
    """Have the browser keep how pages are to look."""
    keep(response, LOOK_COOKIE, look, seconds=_LOOK_SECONDS)
