"""Accounts: users, their proofs and their sessions, wired to an opened home. Console and commands share it.

accounts = open_accounts(home, ledger, settings)
accounts.sessions.find(cookie)
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from safehold.console.users.factors import Factors
from safehold.console.users.keys import Keys
from safehold.console.users.proofs.sealing import user_key
from safehold.console.users.rules import UserRules
from safehold.console.users.sessions import Sessions
from safehold.console.users.signing_in import SigningIn
from safehold.console.users.store import Users
from safehold.console.users.tries import Tries
from safehold.home.home import Home
from safehold.ledger import EventLog
from safehold.settings import Settings

if TYPE_CHECKING:
    from safehold.console.users.outside import Entrance


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who may use the console, and how they prove it.

    Attributes:
        rules: what all of it follows.
        users: who there is.
        sessions: who is in.
        factors: second factors.
        keys: those of them that sign.
        tries: what was tried in vain.
        signing_in: the way in with a password of ours.
        entrance: the way in by an identity provider; None where there is none.
    """

    rules: UserRules
    users: Users
    sessions: Sessions
    factors: Factors
    keys: Keys
    tries: Tries
    signing_in: SigningIn
    entrance: "Entrance | None" = None

    def forget(self) -> int:
        """Remove sessions that are over and tries that are old, and return how many; for a worker, now and then."""
        return self.sessions.forget() + self.tries.forget()


def open_accounts(
    home: Home, ledger: EventLog, rules: UserRules | None = None, *, settings: Settings | None = None
) -> Accounts:
    """Return the accounts of a home.

    Args:
        home: whose.
        ledger: where events go.
        rules: what they follow; the usual ones with the home's own key where none are given.
        settings: what the installation was told of users; the usual where nothing is given.

    Raises:
        SecretKeyError: the home's key for users' secrets is none.
        MalformedSettingsError: something of the identity provider is missing or can't be used.
    """
    has_factor = settings is None or settings.console_second_factor
    told = rules or UserRules(user_key(home.keys), needs_second_factor=has_factor)
    parts = (home.database, ledger, home.clock, told)
    users, sessions, factors = Users(*parts), Sessions(*parts), Factors(*parts)
    tries = Tries(home.database, home.clock, told)
    keys = Keys(home.database, home.clock, told, sessions=sessions, factors=factors)
    signing_in = SigningIn(users, sessions, factors, keys, tries, ledger, told.needs_second_factor)
    entrance = (
        None if settings is None else _entrance(home, ledger, settings, sessions=sessions, tries=tries, rules=told)
    )
    return Accounts(told, users, sessions, factors, keys, tries, signing_in, entrance)


def _entrance(
    home: Home, ledger: EventLog, settings: Settings, *, sessions: Sessions, tries: Tries, rules: UserRules
) -> "Entrance | None":
    """Return the way in by the identity provider that the settings name.

    Raises:
        MalformedSettingsError: something of it is missing or can't be used.
    """
    if settings.oidc_issuer is None:
        return None
    from safehold.console.users.outside import open_entrance, registration_of  # noqa: PLC0415 - costs 0.3 s

    registration = registration_of(settings)
    return open_entrance(registration, home, ledger, sessions=sessions, tries=tries, rules=rules)
