"""The rules of the opening ceremony: what can be asked, who must grant it, and who may not. Pure."""

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from safehold.cases.errors import NotForThemError
from safehold.cases.evidence.errors import OpeningUnfitError, OwnOpeningError
from safehold.cases.evidence.opening import Opening, OpeningId, OpeningState
from safehold.cases.staff import Ability, Person
from safehold.vault import Evidence, Vault
from safehold.vault.evidence import WORD_ADVICE, is_word
from safehold.vault.granting import GRANT_BYTES, Grant
from safehold.vault.review import ReviewKey

LAPSES_HOURS = 72
"""How long custodians have to grant an opening: over a weekend. Ours."""

SECONDS = 3600
"""How long an opening lasts where nobody says: an hour, enough to look at one case. Ours."""

SHORTEST_SECONDS = 60
LONGEST_SECONDS = 8 * 3600
"""A working day at most; who needs longer asks again. Ours."""

FEWEST = 2
"""Custodians to an opening, whatever the threshold, unless there is a single operator."""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What openings are made with.

    Attributes:
        vault: the sealed evidence.
        review_key: the public half, to which custodians seal again; None where there is none: nothing can be asked.
        is_single_operator: whether one person may ask and grant alone.
    """

    vault: Vault
    review_key: ReviewKey | None
    is_single_operator: bool = False

    def plan(
        self, person: Person, row: Evidence, *, case: str, purpose: str, seconds: int, now: dt.datetime
    ) -> Opening:
        """Return the opening that somebody asks for.

        Raises:
            OpeningUnfitError: there is no review key to seal to, or fewer custodians than must grant it.
        """
        if self.review_key is None:
            raise unfit("there is no review key to seal to", "Make one with: safehold vault review-key --out FILE")
        needed = row.threshold if self.is_single_operator else max(FEWEST, row.threshold)
        if needed > len(row.custodians):
            raise unfit(
                "fewer custodians hold shares of this evidence than must grant an opening",
                "A single operator says so in the settings: single_operator.",
            )
        return Opening(
            id=OpeningId(f"open_{secrets.token_hex(10)}"),
            evidence=row.id,
            case=case,
            purpose=purpose,
            requester=person.name,
            requested_at=now,
            seconds=seconds,
            lapses_at=now + dt.timedelta(hours=LAPSES_HOURS),
            needed=needed,
            is_single_operator=self.is_single_operator,
            review_key=self.review_key.public_key.hex(),
            state=OpeningState.REQUESTED,
        )


def refuse_unfit(*, purpose: str, case: str, seconds: int) -> None:
    """Stop a request that could not be recorded or would last too long or too short.

    Raises:
        OpeningUnfitError: which it is.
    """
    if not (is_word(purpose) and is_word(case)):
        raise unfit("an opening needs a purpose and a case, each as one word", WORD_ADVICE)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise unfit("an opening lasts between a minute and 8 hours", "Give a time between these, in seconds.")


def refuse_own(opening: Opening, person: Person, given: Grant, *, row: Evidence, granted: Collection[str]) -> None:
    """Stop a grant by who asked, by who has granted already, and of a custodian who holds no share.

    Args:
        opening: as it is.
        person: who hands the grant in.
        given: the grant.
        row: the evidence.
        granted: the people who handed one in before.

    Raises:
        OpeningUnfitError: the custodian holds no share.
        OwnOpeningError: it is their own, or a second one.
    """
    if given.custodian not in row.custodians:
        raise unfit("this custodian holds no share of this evidence", "Ask the custodians that the request names.")
    if len(given.sealed) != GRANT_BYTES:
        raise unfit("this is no custodian's grant", "Hand in the file that `safehold vault grant` made.")
    if given.custodian in opening.granted_by:
        raise OwnOpeningError("this custodian has granted it already", advice="Ask another custodian.")
    if opening.is_single_operator:
        return
    if opening.requester in {person.name, given.custodian}:
        raise OwnOpeningError("nobody grants what they asked for", advice="Ask two other custodians.")
    if person.name in granted:
        raise OwnOpeningError("this person has granted it already", advice="Ask another custodian.")


def require_ability(person: Person, ability: Ability) -> None:
    """Stop what somebody's roles don't allow.

    Raises:
        NotForThemError: they don't.
    """
    if not person.can(ability):
        raise NotForThemError(
            "their roles don't allow this", advice=f"Ask somebody who may ({ability.value}), or an administrator."
        )


def unfit(what: str, advice: str) -> OpeningUnfitError:
    """Return the error that says what of an opening is unfit."""
    return OpeningUnfitError(what, advice=advice)
