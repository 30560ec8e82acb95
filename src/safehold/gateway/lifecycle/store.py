"""The life of gateway policies: draft, shadow, active, retired; every step is an event.

    policies = PolicyStore(home.database, ledger, home.clock)
    policies.submit(policy, "ada")
    policies.shadow("house@2", "ada")
    policies.approve("house@2", "ben")            # never ada, but in single-operator mode
    policies.activate("house@2", "ada")
    policies.roll_back("ben")                     # at once, by anybody who may

1. A text is stored as a draft, and never changed: what is approved is what was submitted, to the digest.
2. In shadow it is asked beside the active one, and acts on nothing.
3. Somebody else than who proposed it approves it, which only a policy in shadow can be.
4. What is approved can be activated; what was active before is retired.
5. A roll-back brings back what was active before, without a second person, since it was approved then.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from safehold.gateway.lifecycle.errors import (
    FourEyesError,
    NothingToRollBackError,
    PolicyExistsError,
    PolicyStateError,
)
from safehold.gateway.lifecycle.history import Activation, activations, last_activation, popped, pushed
from safehold.gateway.lifecycle.stored import (
    PolicyState,
    StoredPolicy,
    all_policies,
    find_policy,
    is_same_person,
    numbered_policy,
)
from safehold.gateway.lifecycle.tables import gateway_activations, gateway_policies, gateway_policy_revisions
from safehold.gateway.policy import GatewayPolicy
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event


class PolicyStore:
    """The stored policies of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where steps are recorded.
        clock: where the time comes from.
        is_single_operator: whether who proposed a policy may approve it; every step of such a policy says so.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, *, is_single_operator: bool = False) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self.is_single_operator = is_single_operator

    def list(self) -> tuple[StoredPolicy, ...]:
        """Return every stored policy, in the order of submission."""
        with self._database.reading() as connection:
            return all_policies(connection)

    def show(self, reference: str) -> StoredPolicy:
        """Return the policy ``NAME@VERSION``.

        Raises:
            PolicyMissingError: there is none.
        """
        with self._database.reading() as connection:
            return find_policy(connection, reference)

    def active(self) -> StoredPolicy | None:
        """Return the policy in force; None where it is the installation's own."""
        with self._database.reading() as connection:
            current = last_activation(connection)
            held = None if current is None else current.policy
            return None if held is None else numbered_policy(connection, held)

    def history(self) -> tuple[Activation, ...]:
        """Return every change of the policy in force, oldest first."""
        with self._database.reading() as connection:
            return activations(connection)

    def submit(self, policy: GatewayPolicy, actor: str) -> StoredPolicy:
        """Store a policy as a draft; repeating it changes nothing.

        Raises:
            PolicyExistsError: another text is stored under this name and version.
        """
        with self._database.writing() as connection:
            known = all_policies(connection)
            same = next((one for one in known if (one.name, one.version) == (policy.name, policy.version)), None)
            if same is not None and same.digest == policy.digest:
                return same
            if same is not None:
                raise PolicyExistsError(
                    f"another text is stored as {same.reference}", advice="Give the changed text another version."
                )
            now = timestamp(self._clock.now())
            number = len(known) + 1
            row = {
                "number": number,
                "name": policy.name,
                "version": policy.version,
                "digest": policy.digest,
                "canonical": policy.canonical,
                "state": PolicyState.DRAFT.value,
                "submitted_by": actor,
                "submitted_at": now,
                "changed_at": now,
            }
            connection.execute(sa.insert(gateway_policies).values(**row))
            return self._recorded(connection, "policy.submitted", number, actor)

    def shadow(self, reference: str, actor: str) -> StoredPolicy:
        """Ask a draft beside the active policy from now on; one policy at a time can be in shadow.

        Raises:
            PolicyMissingError, PolicyStateError: there is none, it is no draft, or another one is in shadow.
        """
        with self._step(reference, PolicyState.DRAFT) as (connection, found):
            other = next((one for one in all_policies(connection) if one.state is PolicyState.SHADOW), None)
            if other is not None:
                raise PolicyStateError(
                    f"the policy {other.reference} is in shadow already",
                    advice=f"Activate it, or withdraw it with: safehold gateway policy retire {other.reference}",
                )
            self._set(connection, found, state=PolicyState.SHADOW)
            self._revise(connection)
            return self._recorded(connection, "policy.shadowed", found.number, actor)

    def approve(self, reference: str, actor: str) -> StoredPolicy:
        """Say, as somebody else than who proposed it, that a policy in shadow may be activated.

        Raises:
            PolicyMissingError, PolicyStateError: there is none, or it is not in shadow, or approved already.
            FourEyesError: the actor proposed it, and there are no single operators here.
        """
        with self._step(reference, PolicyState.SHADOW) as (connection, found):
            if found.approved_by is not None:
                raise _wrong_state(found, "is approved already")
            if is_same_person(actor, found.submitted_by) and not self.is_single_operator:
                raise FourEyesError(
                    f"{actor} proposed {found.reference} and can't approve it",
                    advice="Somebody else approves it; who works alone sets `single_operator`, which is then stated.",
                )
            self._set(connection, found, approved_by=actor, approved_at=timestamp(self._clock.now()))
            return self._recorded(connection, "policy.approved", found.number, actor)

    def activate(self, reference: str, actor: str) -> StoredPolicy:
        """Put an approved policy in force; what was in force is retired.

        Raises:
            PolicyMissingError, PolicyStateError: there is none, or it is not in shadow.
            FourEyesError: nobody approved it; or who proposed it did, and there are no single operators here any more.
        """
        with self._step(reference, PolicyState.SHADOW) as (connection, found):
            if found.approved_by is None or (found.is_single_operator and not self.is_single_operator):
                raise FourEyesError(
                    f"nobody but {found.submitted_by} has approved {found.reference}",
                    advice="Have somebody else run: safehold gateway policy approve, or submit it under a new version.",
                )
            current = last_activation(connection)
            self._retire_active(connection, current)
            self._set(connection, found, state=PolicyState.ACTIVE)
            self._activate(connection, pushed(current, found.number), actor)
            return self._recorded(connection, "policy.activated", found.number, actor)

    def roll_back(self, actor: str) -> StoredPolicy | None:
        """Put in force again what was before; return it, or None for the installation's own policy.

        Raises:
            NothingToRollBackError: the installation's own policy is in force.
        """
        with self._database.writing() as connection:
            current = last_activation(connection)
            if current is None or current.policy is None:
                raise NothingToRollBackError(
                    "the installation's own policy is in force: there is nothing to go back to",
                    advice="List what there is with: safehold gateway policy list",
                )
            left = numbered_policy(connection, current.policy)
            self._retire_active(connection, current)
            row = popped(connection, current)
            self._activate(connection, row, actor)
            self._recorded(connection, "policy.rolled_back", left.number, actor)
            if row["policy"] is None:
                return None
            back = numbered_policy(connection, row["policy"])
            self._set(connection, back, state=PolicyState.ACTIVE)
            return self._recorded(connection, "policy.activated", back.number, actor)

    def retire(self, reference: str, actor: str) -> StoredPolicy:
        """Withdraw a draft or a policy in shadow, for good.

        Raises:
            PolicyMissingError, PolicyStateError: there is none, or it is active or retired.
        """
        with self._step(reference, PolicyState.DRAFT, PolicyState.SHADOW) as (connection, found):
            self._set(connection, found, state=PolicyState.RETIRED)
            self._revise(connection)
            return self._recorded(connection, "policy.retired", found.number, actor)

    @contextmanager
    def _step(self, reference: str, *states: PolicyState) -> Iterator[tuple[sa.Connection, StoredPolicy]]:
        """Give a writing transaction and a policy that is in one of these states."""
        with self._database.writing() as connection:
            found = find_policy(connection, reference)
            if found.state not in states:
                raise _wrong_state(found, f"is {found.state.value}")
            yield connection, found

    def _set(self, connection: sa.Connection, found: StoredPolicy, **columns: PolicyState | str) -> None:
        values = {name: value.value if isinstance(value, PolicyState) else value for name, value in columns.items()}
        changed = sa.update(gateway_policies).where(gateway_policies.c.number == found.number)
        connection.execute(changed.values(**values, changed_at=timestamp(self._clock.now())))

    def _retire_active(self, connection: sa.Connection, current: Activation | None) -> None:
        if current is not None and current.policy is not None:
            self._set(connection, numbered_policy(connection, current.policy), state=PolicyState.RETIRED)

    def _activate(self, connection: sa.Connection, row: dict[str, object], actor: str) -> None:
        values = {**row, "actor": actor, "at": timestamp(self._clock.now())}
        connection.execute(sa.insert(gateway_activations).values(**values))
        self._revise(connection)

    def _revise(self, connection: sa.Connection) -> None:
        last = connection.execute(sa.select(sa.func.max(gateway_policy_revisions.c.number))).scalar() or 0
        row = {"number": last + 1, "at": timestamp(self._clock.now())}
        connection.execute(sa.insert(gateway_policy_revisions).values(**row))

    def _recorded(self, connection: sa.Connection, kind: str, number: int, actor: str) -> StoredPolicy:
        """Record a step in the ledger and return the policy after it."""
        after = numbered_policy(connection, number)
        details: dict[str, str | int | bool] = {
            "number": number,
            "state": after.state.value,
            "proposer": after.submitted_by,
            "single_operator": after.is_single_operator,
        }
        if after.approved_by is not None:
            details["approver"] = after.approved_by
        self._ledger.append(Event(kind, actor, after.label, details), connection)
        return after


def _wrong_state(found: StoredPolicy, why: str) -> PolicyStateError:
    return PolicyStateError(
        f"the policy {found.reference} {why}",
        advice="The way is: submit, shadow, approve (by somebody else), activate. See docs/policy-lifecycle.md.",
    )
