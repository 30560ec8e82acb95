"""The exporter: makes exports of cases in the console's process, where the review key opens what belongs into them."""

import io
from collections.abc import Iterator

from safehold.cases import CaseId, Person
from safehold.cases.exports import Keys, Scope
from safehold.vault import CustodianKey
from safehold.vault.recipient import RecipientKey
from safehold.wiring.casework import Casework, held_contents


class Exporter:
    """Makes exports; threads may share it.

    Args:
        casework: cases and their exports.
        key: the review key's private half; None where this process has none, and what it opens is named as missing.
    """

    def __init__(self, casework: Casework, key: CustodianKey | None) -> None:
        self._casework = casework
        self._key = key

    @property
    def opens_content(self) -> bool:
        """Return whether sealed content and circumstances will be in an export for law enforcement."""
        return self._key is not None

    def law(self, person: Person, case: CaseId, recipient: str) -> Iterator[bytes]:
        """Return a case for law enforcement, sealed to its recipient, in parts.

        Args:
            person: who exports.
            case: which case.
            recipient: the recipient's public key as they wrote it.

        Raises:
            VaultError: that is no recipient's key.
            NotForThemError, UnknownCaseError: as for the export itself.
        """
        return self._casework.exports.law_parts(person, case, RecipientKey.parse(recipient), self._keys(person))

    def audit(self, person: Person, case: CaseId) -> bytes:
        """Return a case for auditors, without content or identities; errors as for the export itself."""
        out = io.BytesIO()
        self._casework.exports.audit(person, Scope((case,)), out)
        return out.getvalue()

    def _keys(self, person: Person) -> Keys:
        if self._key is None:
            return Keys()
        return Keys(self._key, held_contents(self._casework.workshop, self._key, actor=person.name))
