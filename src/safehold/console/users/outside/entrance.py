"""The entrance for people whom an identity provider proves: out to it, and back in.

beginning = entrance.begin(to="/cases")              # beginning.address, beginning.kept
started, to = entrance.finish(query, kept, address="192.0.2.7", cookie="")
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from safehold.console.users.errors import SessionEndedError
from safehold.console.users.outside.arrival import Arrival
from safehold.console.users.outside.people import Identity, OutsidePeople
from safehold.console.users.outside.provider import Provider
from safehold.console.users.outside.registration import Registration
from safehold.console.users.proofs.sealing import Sealing
from safehold.console.users.rules import UserRules
from safehold.console.users.session import Session, Stage, Started
from safehold.console.users.sessions import Sessions
from safehold.console.users.signing_in import refused
from safehold.console.users.tries import Tries
from safehold.home.home import Home
from safehold.ledger import EventLog
from safehold.vocabulary import Clock

_LONGEST_CODE = 2048


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a browser is sent, and what it keeps meanwhile.

    Attributes:
        address: of the provider.
        kept: the arrival, sealed.
    """

    address: str = field(repr=False)
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way in by an identity provider; threads may share it.

    Attributes:
        sessions: who is in.
        tries: what was tried in vain.
        sealing: seals what browsers keep.
        provider: who proves.
        people: whom it proved.
        clock: where the time comes from.
    """

    sessions: Sessions
    tries: Tries
    sealing: Sealing
    provider: Provider
    people: OutsidePeople
    clock: Clock

    def begin(self, *, to: str, session: Session | None = None) -> Beginning:
        """Send somebody to the provider.

        Args:
            to: where they want to go; one of our paths.
            session: of who confirms that it is them; None for who signs in.

        Raises:
            ProviderSilentError: the provider does not answer.
        """
        person = "" if session is None else session.person.name
        arrival = Arrival.begun(self.clock.now(), to=to, person=person)
        return Beginning(self.provider.address(arrival), arrival.sealed(self.sealing))

    def finish(self, query: Mapping[str, str], kept: str, *, address: str, cookie: str) -> tuple[Started, str]:
        """Take what the provider sent somebody back with; return their session and where they wanted to go.

        Args:
            query: of the address that the browser came back to.
            kept: what it kept; "" for nothing.
            address: where the request comes from.
            cookie: of the session that it shows; "" for none.

        Raises:
            RefusedError: it proves nobody, or nobody who is let in, or they must wait.
            SessionEndedError: who wanted to confirm that it is them is no longer signed in.
            ProviderSilentError: the provider does not answer.
        """
        mark = self.tries.address_mark(address)
        self.tries.count(mark)
        arrival = Arrival.read(kept, self.sealing, self.clock.now())
        code = self._require_fit(query, arrival)
        identity = Identity.of(self.provider.redeem(code, arrival), self.provider.registration)
        if arrival.person:
            started = self._confirmed(identity, arrival.person, cookie)
        else:
            user = self.people.find(identity)  # they may have signed in there hours ago: that confirms nothing
            started = self.sessions.start(
                user.name, stage=Stage.SIGNED_IN, before=cookie, seen=user.version, is_confirmed=False
            )
        self.tries.give_back(mark)
        return started, arrival.to

    def _confirmed(self, identity: Identity, name: str, cookie: str) -> Started:
        """Note that who is signed in has just shown at the provider that it is them."""
        session = self.sessions.find(cookie)
        if session is None:
            raise SessionEndedError("your session is over", advice="Sign in again.")
        if session.person.name != name or not self.people.is_of(identity, name):
            raise refused()
        return self.sessions.step_up(cookie)

    def _require_fit(self, query: Mapping[str, str], arrival: Arrival) -> str:
        """Return the code of an answer that fits an arrival.

        Raises:
            RefusedError: it does not fit, is another provider's, or a refusal.
        """
        code, state = query.get("code", ""), query.get("state", "")
        issuer = query.get("iss", self.provider.registration.issuer)
        is_ours = hmac.compare_digest(state.encode("utf-8", "surrogatepass"), arrival.state.encode())
        if not (is_ours and 0 < len(code) <= _LONGEST_CODE and issuer == self.provider.registration.issuer):
            raise refused()
        return code


def open_entrance(
    registration: Registration, home: Home, ledger: EventLog, *, sessions: Sessions, tries: Tries, rules: UserRules
) -> Entrance:
    """Return the entrance of a home by a provider; nothing is asked of it yet."""
    people = OutsidePeople(home.database, ledger, home.clock)
    return Entrance(sessions, tries, Sealing(rules.key), Provider(registration, home.clock), people, home.clock)
