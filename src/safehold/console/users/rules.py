"""Rules: how dear a password's digest is, how long sessions last, and after how many tries somebody waits.

The defaults are what is shipped; tests use a cheaper digest. Times are in seconds.
"""

from dataclasses import dataclass, field

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What passwords must be, and what making their digest costs.

    Attributes:
        rounds: passes over the memory. Source: RFC 9106 section 4, second recommended option: 3.
        memory_kib: memory of one digest, in KiB. Source: as above, 64 MiB.
        lanes: threads of one digest. Source: as above, 4.
        at_a_time: digests that one process makes at the same moment; others wait, so that memory stays bounded.
        shortest: characters. Source: NIST SP 800-63B-4 (2025) section 3.1.1.2 asks for 8 beside a second factor and for
            15 alone; ours lies between.
        longest: characters; the same source asks to take at least 64.
        one_time_seconds: how long a password that somebody else set may be used to sign in.
    """

    rounds: int = 3
    memory_kib: int = 65536
    lanes: int = 4
    at_a_time: int = 4
    shortest: int = 12
    longest: int = 128
    one_time_seconds: int = 3 * _DAY


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long somebody stays signed in.

    Attributes:
        longest_seconds: from signing in to signing in again. Source: NIST SP 800-63B-4 section 2.2.3: at most 24 hours;
            ours is half of it, a long shift.
        idle_seconds: without any request. Source: as above: at most one hour; ours is half of it.
        arriving_seconds: from the password to the last step of signing in.
        step_up_seconds: how long the second factor, shown again, counts for what needs it.
    """

    longest_seconds: int = 12 * _HOUR
    idle_seconds: int = 30 * _MINUTE
    arriving_seconds: int = 10 * _MINUTE
    step_up_seconds: int = 5 * _MINUTE


@dataclass(frozen=True, slots=True)
class TryRules:
    """When somebody waits before trying again. A wait doubles with each further try, so that guessing stays hopeless.

    Attributes:
        free: tries of a name, or of a user's second factor, without waiting.
        free_from_address: tries from one address without waiting: offices share one.
        first_wait_seconds: after the last free try.
        longest_wait_seconds: nobody can be kept out for longer by somebody who only knows their name. 100 wrong tries
            then take a day. Source: NIST SP 800-63B-4 section 3.2.2 asks for no more than 100 in a row.
        leak_seconds: for each span of this length without a try, one try less counts.
        forgotten_seconds: after so long without any try it begins anew.
    """

    free: int = 5
    free_from_address: int = 30
    first_wait_seconds: int = 15
    longest_wait_seconds: int = 15 * _MINUTE
    leak_seconds: int = 15 * _MINUTE
    forgotten_seconds: int = _DAY


@dataclass(frozen=True, slots=True)
class UserRules:
    """Everything that users and sessions follow.

    Attributes:
        key: 32 secret bytes of the home: seals second factors' secrets, and marks names and addresses that were tried.
        passwords: about passwords.
        sessions: about sessions.
        tries: about trying.
        needs_second_factor: whether everybody with a password of ours must set up a second factor before anything else.
    """

    key: bytes = field(repr=False)
    passwords: PasswordRules = field(default_factory=PasswordRules)
    sessions: SessionRules = field(default_factory=SessionRules)
    tries: TryRules = field(default_factory=TryRules)
    needs_second_factor: bool = True
