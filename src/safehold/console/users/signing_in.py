"""Signing in, in order: the password; the second factor; a password of one's own; a second factor of one's own.

1. A try counts, for the name and the address, before anything is compared.
2. The password is compared; for nobody's name, with nobody's digest.
3. Who has a second factor shows it; who has a one-time password chooses their own; who must have a second factor and
   has none sets one up.
4. Only then is somebody signed in. Each step exchanges the cookie.

Whatever is wrong is answered in the same words. Stepping up asks an open session for the second factor again; after
some tries in vain there the session ends, since somebody else may have it.

    started = signing_in.enter("amira", "the password", address="192.0.2.7")
    started = signing_in.show_code(started.cookie, "123456")
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safehold.console.users.errors import (
    DID_NOT_WORK,
    WHAT_TO_DO,
    RefusedError,
    SessionEndedError,
    TooManyTriesError,
)
from safehold.console.users.factors import Factors
from safehold.console.users.keys import Keys
from safehold.console.users.proofs.passkeys import Party
from safehold.console.users.session import Session, Stage, Started
from safehold.console.users.sessions import Sessions
from safehold.console.users.store import Users
from safehold.console.users.tries import Tries
from safehold.ledger import EventLog
from safehold.vocabulary import Event

_PASSWORD, _FACTOR, _STEP_UP = "password", "factor", "step_up"


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The way in; threads and processes may share it.

    Attributes:
        users: who there is.
        sessions: who is in.
        factors: second factors.
        keys: those of them that sign.
        tries: what was tried in vain.
        ledger: where it is recorded that somebody must wait.
        needs_second_factor: whether who has no second factor must set one up.
    """

    users: Users
    sessions: Sessions
    factors: Factors
    keys: Keys
    tries: Tries
    ledger: EventLog
    needs_second_factor: bool = True

    def enter(self, name: str, password: str, *, address: str, before: str = "") -> Started:
        """Begin with name and password.

        Args:
            name: as typed.
            password: as typed.
            address: where the request comes from.
            before: the cookie that the browser showed; "" for none.

        Raises:
            RefusedError: they prove nobody, or somebody must wait.
        """
        marks = (self.tries.mark(_PASSWORD, name), self.tries.address_mark(address))
        is_last = self.tries.count(*marks)
        user = self.users.prove(name, password)
        if user is None:
            self._note_wait(name, is_last=is_last)
            raise refused()
        self.tries.give_back(*marks)
        if self.factors.has(user.name):
            return self.sessions.start(user.name, stage=Stage.SECOND_FACTOR, before=before, seen=user.version)
        started = self.sessions.start(user.name, stage=self._next(user.name), before=before, seen=user.version)
        self._forget_tries(started.session)
        return started

    def show_code(self, cookie: str, typed: str) -> Started:
        """Go on with a code of an app, or a recovery code.

        Raises:
            RefusedError: it is none of theirs, or they must wait.
            SessionEndedError: the cookie is nobody's whose second factor is asked for.
        """
        session = self.at(cookie, Stage.SECOND_FACTOR)
        with self._tried(session):
            self._require_code(session, typed)
        return self.go_on(cookie, session)

    def show_key(self, cookie: str, party: Party, sent: str) -> Started:
        """Go on with a security key.

        Raises:
            RefusedError: it is none of theirs, or they must wait.
            SessionEndedError: the cookie is nobody's whose second factor is asked for.
        """
        session = self.at(cookie, Stage.SECOND_FACTOR)
        with self._tried(session):
            self.keys.accept(session, party, sent)
        return self.go_on(cookie, session)

    def choose_password(self, cookie: str, new: str) -> Started:
        """Go on with a password of one's own.

        Raises:
            PasswordUnfitError: it may not be one.
            SessionEndedError: the cookie is nobody's who must choose one.
        """
        session = self.at(cookie, Stage.NEW_PASSWORD)
        self.users.choose_password(session, new)
        return self.go_on(cookie, session)

    def set_up_app(self, cookie: str, typed: str) -> tuple[Started, tuple[str, ...]]:
        """Go on with the app that was set up; return recovery codes with the session.

        Raises:
            RefusedError: the code is wrong, or they must wait.
            SessionEndedError: the cookie is nobody's who must set up a second factor.
        """
        session = self.at(cookie, Stage.NEW_FACTOR)
        with self._tried(session):
            codes = self.factors.confirm_app(session, typed)
        return self.go_on(cookie, session), codes

    def set_up_key(self, cookie: str, party: Party, sent: str) -> tuple[Started, tuple[str, ...]]:
        """Go on with the security key that was set up; return recovery codes with the session.

        Raises:
            RefusedError: it did not sign what it was asked, or they must wait.
            FactorError: it is somebody's already.
            SessionEndedError: the cookie is nobody's who must set up a second factor.
        """
        session = self.at(cookie, Stage.NEW_FACTOR)
        with self._tried(session):
            codes = self.keys.confirm(session, party, sent)
        return self.go_on(cookie, session), codes

    def at(self, cookie: str, stage: Stage) -> Session:
        """Return who is at a stage on the way in.

        Raises:
            SessionEndedError: nobody with this cookie.
        """
        session = self.sessions.arriving(cookie)
        if session is None or session.stage is not stage:
            raise SessionEndedError("this took too long, or was done already", advice="Begin to sign in again.")
        return session

    def go_on(self, cookie: str, session: Session) -> Started:
        """Let who has shown what was asked for go on to what is asked for next.

        Raises:
            SessionEndedError: the session is over, or another request went on with it.
        """
        started = self.sessions.advance(cookie, self._next(session.person.name))
        self._forget_tries(started.session)
        return started

    def confirm_code(self, cookie: str, typed: str) -> Started:
        """Step up with a code of an app, or a recovery code; with the password where there is no second factor.

        Raises:
            RefusedError: it is none of theirs.
            SessionEndedError: the session is over; also after some tries in vain.
        """
        session = self._signed_in(cookie)
        mark = self._count_step_up(cookie, session.person.name)
        if self.factors.has(session.person.name):
            self._require_code(session, typed)
        elif self.users.prove(session.person.name, typed) is None:
            raise refused()
        self.tries.clear(mark)
        return self.sessions.step_up(cookie)

    def confirm_key(self, cookie: str, party: Party, sent: str) -> Started:
        """Step up with a security key.

        Raises:
            RefusedError: it is none of theirs.
            SessionEndedError: the session is over; also after some tries in vain.
        """
        session = self._signed_in(cookie)
        mark = self._count_step_up(cookie, session.person.name)
        self.keys.accept(session, party, sent)
        self.tries.clear(mark)
        return self.sessions.step_up(cookie)

    def require_password(self, session: Session, cookie: str, password: str) -> None:
        """Refuse who is signed in, but doesn't know the password.

        Raises:
            RefusedError: it is not theirs.
            SessionEndedError: there were too many tries; the session is over.
        """
        mark = self._count_step_up(cookie, session.person.name)
        if self.users.prove(session.person.name, password) is None:
            raise refused()
        self.tries.give_back(mark)

    @contextmanager
    def _tried(self, session: Session) -> Iterator[None]:
        """Count a try of somebody's second factor, and forget all of them once one is right.

        Raises:
            TooManyTriesError: they must wait; nothing was looked at.
        """
        mark = self.tries.mark(_FACTOR, session.person.name)
        is_last = self.tries.count(mark)
        try:
            yield
        except RefusedError:
            self._note_wait(session.person.name, is_last=is_last)
            raise
        self.tries.clear(mark)

    def _require_code(self, session: Session, typed: str) -> None:
        name = session.person.name
        if not (self.factors.accept_code(name, typed) or self.factors.accept_recovery(name, typed)):
            raise refused()

    def _next(self, name: str) -> Stage:
        """Return what is asked for next of who has shown all that they have."""
        if self.users.show(name).must_choose_password:
            return Stage.NEW_PASSWORD
        if self.needs_second_factor and not self.factors.has(name):
            return Stage.NEW_FACTOR
        return Stage.SIGNED_IN

    def _signed_in(self, cookie: str) -> Session:
        session = self.sessions.find(cookie)
        if session is None:
            raise SessionEndedError("your session is over", advice="Sign in again.")
        return session

    def _count_step_up(self, cookie: str, name: str) -> str:
        """Count a try of who is signed in; end the session where there were too many."""
        mark = self.tries.mark(_STEP_UP, name)
        try:
            self.tries.count(mark)
        except TooManyTriesError as error:
            self.sessions.end(cookie)
            raise SessionEndedError("your session is over", advice="Sign in again.") from error
        return mark

    def _forget_tries(self, session: Session) -> None:
        if session.stage is Stage.SIGNED_IN:
            name = session.person.name
            self.tries.clear(*(self.tries.mark(kind, name) for kind in (_PASSWORD, _FACTOR)))

    def _note_wait(self, name: str, *, is_last: bool) -> None:
        """Record that a user's name must wait; what else was typed as a name is recorded nowhere."""
        is_known = self.users.has(name)
        if is_last and is_known:
            self.ledger.append(Event("user.tries_used_up", "system", details={"user": name}))


def refused() -> RefusedError:
    """Return the one refusal for whatever proves nobody."""
    return RefusedError(DID_NOT_WORK, advice=WHAT_TO_DO)
