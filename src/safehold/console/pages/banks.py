"""Banks: which lists there are, on what basis, and how entries are taken back: one proposes, another does it."""

import re

import sqlalchemy as sa
from starlette.responses import Response

from safehold.cases import Ability
from safehold.console.page import Entry, Page
from safehold.console.visit import PageVisit
from safehold.console.withdrawals import Proposal, WithdrawalRefusedError, Withdrawals
from safehold.matching import Bank, BankStore
from safehold.matching.banks.tables import bank_parts
from safehold.matching.errors import UnknownBankError

_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_NUMBER = re.compile(r"\d{1,15}")
_VERSIONS = 50


def list_banks(visit: PageVisit) -> Response:
    """Show every list, without its entries."""
    return visit.page("banks/list.html", banks=_store(visit).list(), waiting=_withdrawals(visit).waiting())


def show_bank(visit: PageVisit) -> Response:
    """Show one list: where it comes from, what it may be used for, how it came about."""
    return _shown(visit, _found(visit))


def propose_withdrawal(visit: PageVisit) -> Response:
    """Propose to take one entry back."""
    bank, number, reason = _found(visit), visit.form.get("entry", "").strip(), visit.form.get("reason", "").strip()
    try:
        entry = int(number) if _NUMBER.fullmatch(number) else -1
        _withdrawals(visit).propose(bank.name, entry, reason=reason, actor=visit.person.name)
    except WithdrawalRefusedError as error:
        return _shown(visit, bank, error=f"{error} {error.advice}", entry=number, reason=reason)
    return visit.go(f"/banks/{bank.name}", notice="Proposed. Somebody else decides it.")


def decide_withdrawal(visit: PageVisit) -> Response:
    """Take an entry back as somebody else proposed, or decline to."""
    bank, number = _found(visit), visit.path["proposal"]
    proposal = _proposal(visit, bank, int(number) if _NUMBER.fullmatch(number) else -1)
    is_done = visit.form.get("decision") == "withdraw"
    try:
        if is_done:
            _withdrawals(visit).approve(proposal, actor=visit.person.name)
        else:
            _withdrawals(visit).decline(proposal, actor=visit.person.name)
    except WithdrawalRefusedError as error:
        return _shown(visit, bank, error=f"{error} {error.advice}", status=409)
    said = "Taken back: it matches nothing any more." if is_done else "Declined: the entry stays."
    return visit.go(f"/banks/{bank.name}", notice=said)


def _shown(
    visit: PageVisit, bank: Bank, *, error: str = "", status: int = 422, entry: str = "", reason: str = ""
) -> Response:
    query = sa.select(bank_parts).where(bank_parts.c.bank == bank.name).order_by(bank_parts.c.version.desc())
    with visit.console.casework.workshop.home.database.reading() as connection:
        parts = connection.execute(query.limit(_VERSIONS)).mappings().all()
    waiting = [one for one in _withdrawals(visit).waiting() if one.bank == bank.name]
    return visit.page(
        "banks/show.html",
        status=status if error else 200,
        bank=bank,
        parts_listed=parts,
        waiting=waiting,
        is_single_operator=visit.console.settings.single_operator,
        is_confirmed=visit.is_stepped_up,
        error=error,
        entry=entry,
        reason=reason,
    )


def _found(visit: PageVisit) -> Bank:
    name = visit.path["bank"]
    try:
        if not _NAME.fullmatch(name):
            raise visit.missing()
        return _store(visit).show(name)
    except UnknownBankError as error:
        raise visit.missing() from error


def _proposal(visit: PageVisit, bank: Bank, number: int) -> Proposal:
    for one in _withdrawals(visit).waiting():
        if one.number == number and one.bank == bank.name:
            return one
    raise visit.missing()


def _store(visit: PageVisit) -> BankStore:
    return visit.console.casework.workshop.banks


def _withdrawals(visit: PageVisit) -> Withdrawals:
    return Withdrawals(visit.console.casework.workshop)


PAGES = (
    Page("GET", "/banks", list_banks, needs=Ability.READ_BANKS),
    Page("GET", "/banks/{bank}", show_bank, needs=Ability.READ_BANKS),
    Page("POST", "/banks/{bank}/withdrawals", propose_withdrawal, needs=Ability.EDIT_BANKS),
    Page(
        "POST",
        "/banks/{bank}/withdrawals/{proposal}",
        decide_withdrawal,
        needs=Ability.APPROVE_SIGNALS,
        entry=Entry.STEPPED_UP,
    ),
)
