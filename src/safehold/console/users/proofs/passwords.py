"""Passwords: what may be one, its argon2id digest, and one-time ones that another person hands over.

    passwords = Passwords(rules)
    passwords.matches(passwords.digest("a long sentence of mine"), "a long sentence of mine")

Whether there is anything to compare with is not to be told by the time an answer takes: for nobody's name the same work
is done.

Source: RFC 9106 (argon2id); NIST SP 800-63B-4 (2025) section 3.1.1.2 on what to ask of a password: length, no rules of
composition, and none that are easily guessed.
"""

import secrets
import unicodedata
from threading import BoundedSemaphore

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from safehold.console.users.errors import PasswordUnfitError
from safehold.console.users.rules import PasswordRules

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # none that is taken for another when it is read or copied by hand
_GROUPS = 4
"""20 letters of 30: 98 bits, which nobody guesses within the days that a one-time password lasts."""

_FEWEST_KINDS = 6
_LONGEST_TYPED = 1024
"""Beyond it nothing is digested: in characters, whatever the rules say of new ones."""

_EASY = ("password", "passwort", "motdepasse", "contrasena", "qwerty", "qwertz", "azerty", "letmein", "welcome")
_EASY_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "98765432109876543210")
_RUN = 6
_SERVICE = "safehold"


class Passwords:
    """Make and compare digests; threads may share it.

    Args:
        rules: what passwords must be, and what a digest costs.
    """

    def __init__(self, rules: PasswordRules) -> None:
        self._rules = rules
        self._hasher = argon2.PasswordHasher(
            time_cost=rules.rounds, memory_cost=rules.memory_kib, parallelism=rules.lanes, type=argon2.Type.ID
        )
        self._turn = BoundedSemaphore(rules.at_a_time)
        self._nobodys = self.digest(secrets.token_urlsafe())

    def digest(self, password: str) -> str:
        """Return the digest of a password, with its salt and its cost, as the database keeps it."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def matches(self, digest: str | None, password: str) -> bool:
        """Return whether a password has a digest; takes as long where there is none to compare with.

        Args:
            digest: as the database keeps it; None for a user that isn't there or has none.
            password: what somebody typed, of any length.
        """
        typed = _normal(password) if len(password) <= _LONGEST_TYPED else ""
        try:
            with self._turn:
                self._hasher.verify(self._nobodys if digest is None else digest, typed)
        except (VerificationError, InvalidHashError):
            return False
        return digest is not None and typed != ""

    def is_outdated(self, digest: str) -> bool:
        """Return whether a digest was made at another cost than the rules ask for now."""
        return self._hasher.check_needs_rehash(digest)

    def require_fit(self, password: str, name: str, digest: str | None) -> None:
        """Refuse a password that may not be somebody's new one.

        Args:
            password: what they want.
            name: theirs.
            digest: of the password that they have.

        Raises:
            PasswordUnfitError: it is too short, too long, or easily guessed; the password is not repeated.
        """
        if len(password) > self._rules.longest:
            raise _unfit(f"a password has at most {self._rules.longest} characters")
        text = _normal(password)
        if len(text) < self._rules.shortest:
            raise _unfit(f"a password has at least {self._rules.shortest} characters")
        if _is_easy(text.casefold(), name):
            raise _unfit("that password is among the first that anybody would try")
        if self.matches(digest, password):
            raise _unfit("that is the password that you have")


def one_time_password() -> str:
    """Return a password for one sign-in, in groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_GROUPS))


def _normal(password: str) -> str:
    """Return a password as any keyboard would have it. Source: NIST SP 800-63B-4: NFKC or NFKD before the digest."""
    return unicodedata.normalize("NFKC", password)


def _is_easy(text: str, name: str) -> bool:
    """Return whether little is left of a password without its name, well-known words, runs and repetitions."""
    for known in (name, _SERVICE, *_EASY):
        text = text.replace(known, "")
    for run in _EASY_RUNS:
        for start in range(len(run) - _RUN + 1):
            text = text.replace(run[start : start + _RUN], "")
    return len(set(text)) < _FEWEST_KINDS


def _unfit(why: str) -> PasswordUnfitError:
    return PasswordUnfitError(why, advice="Choose a sentence of your own, or let a password manager make one.")
