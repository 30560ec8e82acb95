"""Security keys of users: set up and used like any second factor, but by signing a challenge that counts once.

asked = keys.begin(session, party)              # asked.options goes to the browser
keys.confirm(session, party, sent)              # what the browser sent back
"""

import secrets

import sqlalchemy as sa

from safehold.console.users.errors import FactorError
from safehold.console.users.factors import FactorKind, Factors, FactorState, require_local, require_room
from safehold.console.users.proofs import passkeys
from safehold.console.users.proofs.passkeys import Asked, Party, ShownKey
from safehold.console.users.proofs.sealing import Sealing
from safehold.console.users.rules import UserRules
from safehold.console.users.session import Session
from safehold.console.users.sessions import Sessions, require_going_on
from safehold.console.users.tables import factors as factors_table
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock


class Keys:
    """The security keys of a home's users; threads and processes may share it.

    Args:
        database: of the home.
        clock: where the time comes from.
        rules: the key that makes what security keys know users by.
        sessions: keep the challenge between asking and answering.
        factors: what they are counted among.
    """

    def __init__(
        self, database: Database, clock: Clock, rules: UserRules, *, sessions: Sessions, factors: Factors
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealing = Sealing(rules.key)
        self._sessions = sessions
        self._factors = factors

    def begin(self, session: Session, party: Party) -> Asked:
        """Return what a new key is asked.

        Raises:
            FactorError: none of ours counts for them.
            SessionEndedError: the session is over.
        """
        require_local(session)
        name = session.person.name
        handle = bytes.fromhex(self._sealing.mark("handle", name))
        asked = passkeys.ask_new(party, name, handle, [one.credential for one in self._known(name)])
        self._sessions.set_challenge(session, asked.challenge)
        return asked

    def confirm(self, session: Session, party: Party, sent: str) -> tuple[str, ...]:
        """Let a new key count, since it signed what it was asked; return recovery codes with the first factor.

        Raises:
            RefusedError: it did not, or nothing was asked.
            FactorError: it is somebody's already, or they have as many as one may have.
            SessionEndedError: the session is over.
        """
        require_local(session)
        shown = passkeys.read_new(party, self._challenge(session), sent)
        user, now = session.person.name, timestamp(self._clock.now())
        row = {"id": f"key_{secrets.token_hex(8)}", "user": user, "kind": FactorKind.KEY.value}
        told = {"credential": shown.credential, "secret": shown.public_key, "counter": shown.counter}
        taken = sa.select(factors_table.c.id).where(factors_table.c.credential == shown.credential)
        with self._database.writing() as connection:
            require_going_on(connection, session)
            require_room(connection, user)
            if connection.execute(taken).first() is not None:
                raise FactorError("this key is in use already", advice="Use another one.")
            values = {**row, **told, "state": FactorState.ACTIVE.value, "created_at": now, "used_at": now}
            connection.execute(sa.insert(factors_table).values(**values))
            return self._factors.note_added(connection, session, row["id"], FactorKind.KEY)

    def ask(self, session: Session, party: Party) -> Asked | None:
        """Return what any of a user's keys is asked; None where they have none.

        Raises:
            SessionEndedError: the session is over.
        """
        known = self._known(session.person.name)
        if not known:
            return None
        asked = passkeys.ask_known(party, [one.credential for one in known])
        self._sessions.set_challenge(session, asked.challenge)
        return asked

    def accept(self, session: Session, party: Party, sent: str) -> None:
        """Take what one of a user's keys has signed, once.

        Raises:
            RefusedError: it has not signed what it was asked, or is none of theirs.
        """
        challenge, named = self._challenge(session), passkeys.credential_of(sent)
        known = next((one for one in self._known(session.person.name) if one.credential == named), None)
        if known is None:
            raise passkeys.refused()
        shown = passkeys.read_known(party, challenge, sent, known)
        unused = sa.and_(factors_table.c.credential == known.credential, factors_table.c.counter == known.counter)
        changes = {"counter": shown.counter, "used_at": timestamp(self._clock.now())}
        with self._database.writing() as connection:
            if not connection.execute(sa.update(factors_table).where(unused).values(**changes)).rowcount:
                raise passkeys.refused()

    def _challenge(self, session: Session) -> str:
        """Return what a key was asked in a session, and forget it.

        Raises:
            RefusedError: nothing.
        """
        challenge = self._sessions.take_challenge(session)
        if not challenge:
            raise passkeys.refused()
        return challenge

    def _known(self, user: str) -> list[ShownKey]:
        query = sa.select(factors_table).where(
            factors_table.c.user == user,
            factors_table.c.kind == FactorKind.KEY.value,
            factors_table.c.state == FactorState.ACTIVE.value,
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [ShownKey(row["credential"], row["secret"], row["counter"]) for row in rows]
