"""Users of the console: who they are, how they prove it, how long that counts, and what their roles are.

What somebody types or a browser shows enters; a session that names a person leaves, or a refusal in one form for
everything that was wrong. Nobody gets in by a password that was shipped: there is none.
"""

from safehold.console.users.accounts import Accounts, open_accounts
from safehold.console.users.factors import Factor, FactorKind, Factors
from safehold.console.users.keys import Keys
from safehold.console.users.rules import PasswordRules, SessionRules, TryRules, UserRules
from safehold.console.users.session import Session, Stage, Started
from safehold.console.users.sessions import Sessions
from safehold.console.users.signing_in import SigningIn
from safehold.console.users.store import Users
from safehold.console.users.user import Source, User, UserState

__all__ = [
    "Accounts",
    "Factor",
    "FactorKind",
    "Factors",
    "Keys",
    "PasswordRules",
    "Session",
    "SessionRules",
    "Sessions",
    "SigningIn",
    "Source",
    "Stage",
    "Started",
    "TryRules",
    "User",
    "UserRules",
    "UserState",
    "Users",
    "open_accounts",
]
