"""Policies as they are stored, and how far each has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

import sqlalchemy as sa

from safehold.gateway.lifecycle.errors import PolicyAlteredError, PolicyMissingError
from safehold.gateway.lifecycle.tables import gateway_policies
from safehold.gateway.policy import GatewayPolicy, label_of
from safehold.gateway.policy_file import parse_gateway_policy


class PolicyState(Enum):
    """How far a policy has come."""

    DRAFT = "draft"
    """Stored, and without any effect."""

    SHADOW = "shadow"
    """Asked beside the active one: what it would do is recorded."""

    ACTIVE = "active"
    """In force; one at most."""

    RETIRED = "retired"
    """Withdrawn, or replaced; a roll-back may bring the latter back."""


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """One submitted text.

    Attributes:
        number: counted from 1, in the order of submission.
        name: of the policy.
        version: of its text.
        digest: SHA-256 of the canonical text, in hexadecimal.
        canonical: the text.
        state: how far it has come.
        submitted_by: who proposed it.
        submitted_at: when, RFC 3339 in UTC.
        approved_by: who approved it; None for nobody yet.
        approved_at: when; None for not yet.
        changed_at: when its state last changed.
    """

    number: int
    name: str
    version: str
    digest: str
    canonical: str = field(repr=False)
    state: PolicyState
    submitted_by: str
    submitted_at: str
    approved_by: str | None
    approved_at: str | None
    changed_at: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row of the table holds."""
        return cls(**{**row, "state": PolicyState(row["state"])})

    @property
    def reference(self) -> str:
        """Return how commands name it: ``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    @property
    def label(self) -> str:
        """Return what answers and events carry: ``NAME@VERSION sha256:HEX``."""
        return label_of(self.name, self.version, self.digest)

    @property
    def is_single_operator(self) -> bool:
        """Return whether one person both proposed and approved it."""
        return self.approved_by is not None and is_same_person(self.approved_by, self.submitted_by)

    def policy(self) -> GatewayPolicy:
        """Return the policy that the text says.

        Raises:
            PolicyAlteredError: it is not the text that was submitted.
            GatewayPolicyError: this version of Safehold doesn't understand it.
        """
        read = parse_gateway_policy(self.canonical, called=self.reference)
        if read.digest != self.digest or read.label != self.label:
            raise PolicyAlteredError(
                f"the stored policy {self.reference} is not the text that was submitted",
                advice="Somebody changed the database: compare with a backup, and roll back.",
            )
        return read


def is_same_person(one: str, other: str) -> bool:
    """Return whether two actors' names are one person's; capitals don't make another one."""
    return one.casefold() == other.casefold()


def all_policies(connection: sa.Connection) -> tuple[StoredPolicy, ...]:
    """Return every stored policy, in the order of submission."""
    rows = connection.execute(sa.select(gateway_policies).order_by(gateway_policies.c.number)).mappings()
    return tuple(StoredPolicy.of(dict(row)) for row in rows)


def find_policy(connection: sa.Connection, reference: str) -> StoredPolicy:
    """Return the policy that a person names.

    Args:
        connection: reading or writing.
        reference: ``NAME@VERSION``.

    Raises:
        PolicyMissingError: there is none.
    """
    name, _, version = reference.partition("@")
    wanted = sa.select(gateway_policies).where(gateway_policies.c.name == name, gateway_policies.c.version == version)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise PolicyMissingError(
            f"there is no stored policy {reference}", advice="List them with: safehold gateway policy list"
        )
    return StoredPolicy.of(dict(row))


def numbered_policy(connection: sa.Connection, number: int) -> StoredPolicy:
    """Return the policy of a number that another table names."""
    wanted = sa.select(gateway_policies).where(gateway_policies.c.number == number)
    return StoredPolicy.of(dict(connection.execute(wanted).mappings().one()))
