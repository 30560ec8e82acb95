"""What pages about people's own accounts share: the accounts, the cookie, and what security keys are asked.

A key is bound to the address at which people open the console. It is taken from the settings; without one, a console
opened as ``http://localhost`` is bound to that. Never to whatever a request says beyond that.
"""

from urllib.parse import urlsplit

from safehold.console.cookies import SESSION_COOKIE
from safehold.console.users import Accounts, Session
from safehold.console.users.proofs.passkeys import Asked, Party
from safehold.console.visit import PageVisit

_LOCAL = "localhost"


def accounts_of(visit: PageVisit) -> Accounts:
    """Return who may use the console, and how they prove it."""
    accounts: Accounts = visit.console.users
    return accounts


def cookie_of(visit: PageVisit) -> str:
    """Return the cookie of the session that the browser shows; "" for none."""
    return visit.cookies.get(SESSION_COOKIE, "")


def party_of(visit: PageVisit) -> Party | None:
    """Return who asks keys to sign here; None where no address is known to which they could be bound."""
    told = visit.console.settings.console_address
    if told is not None:
        return Party(urlsplit(told).hostname or "", told)
    host = visit.request.headers.get("host", "")
    name, _, port = host.partition(":")
    if name != _LOCAL or not (port.isascii() and (port.isdigit() or not port)):
        return None
    return Party(_LOCAL, f"{'https' if visit.is_secure else 'http'}://{host}")


def asked_of_known(visit: PageVisit, session: Session) -> Asked | None:
    """Return what a user's keys are asked on this page; None where they have none."""
    party = party_of(visit)
    return None if party is None else accounts_of(visit).keys.ask(session, party)


def asked_of_new(visit: PageVisit, session: Session) -> Asked | None:
    """Return what a new key is asked on this page; None where keys can't be bound to it."""
    party = party_of(visit)
    return None if party is None else accounts_of(visit).keys.begin(session, party)
