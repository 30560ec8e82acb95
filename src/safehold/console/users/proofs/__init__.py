"""Proofs: what shows that somebody is who they say: passwords, codes of an app, security keys, recovery codes.

What a person types or a browser sends enters, with what was kept of it; whether it fits leaves, and nothing else.
"""

from safehold.console.users.proofs.passwords import Passwords, one_time_password
from safehold.console.users.proofs.sealing import Sealing, user_key

__all__ = ["Passwords", "Sealing", "one_time_password", "user_key"]
