"""What the vault has of an item: its content, the account of it, and whether anybody can open them still.

found = vaulted(connection, item)
found.is_account_erased         # then neither an opening nor anything else can bring it back
"""

from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.awaiting import Preserved
from safehold.cases.evidence.preservation import circumstances_of
from safehold.cases.item import CaseItem, Place
from safehold.cases.tables import case_preservations
from safehold.vault import Evidence, EvidenceId, EvidenceState
from safehold.vault.register import find
from safehold.vault.tables import evidence


@dataclass(frozen=True, slots=True)
class Vaulted:
    """What the vault has of an item.

    Attributes:
        content: the evidence that its bytes or words are; None where they lie elsewhere.
        account: the evidence that tells of it; None where there is none.
    """

    content: Evidence | None = None
    account: Evidence | None = None

    @property
    def is_content_erased(self) -> bool:
        """Whether its content was destroyed, or its destruction has begun."""
        return self.content is not None and self.content.state is not EvidenceState.SEALED

    @property
    def is_account_erased(self) -> bool:
        """Whether what tells of it was destroyed, or the destruction has begun."""
        return self.account is not None and self.account.state is not EvidenceState.SEALED

    @property
    def is_erased(self) -> bool:
        """Whether anything of it was destroyed."""
        return self.is_content_erased or self.is_account_erased


def erased_items() -> sa.Select[tuple[str]]:
    """Return the query of items whose account the vault had and nobody can open any more.

    What was taken back before the vault had all of it is not among them: its item goes on being looked at.
    """
    row = case_preservations.c
    kept = row.state.in_((Preserved.KEPT.value, Preserved.LOST.value))
    gone = sa.select(evidence.c.id).where(evidence.c.state == EvidenceState.ERASED.value)
    return sa.select(row.item_id).where(kept, row.circumstances.in_(gone))


def vaulted(connection: sa.Connection, item: CaseItem) -> Vaulted:
    """Return what the vault has of an item, or had."""
    lies = item.told.content
    account = circumstances_of(connection, [item.id]).get(item.id)
    return Vaulted(
        content=find(connection, EvidenceId(lies.reference)) if lies.place is Place.VAULT else None,
        account=None if account is None else find(connection, account),
    )
