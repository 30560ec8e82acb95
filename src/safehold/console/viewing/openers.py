"""Openers: how content is opened, by where it lies."""

from collections.abc import Mapping
from typing import Any

from safehold.cases import CaseItem
from safehold.cases.evidence import Openings, OpeningState
from safehold.cases.evidence.account import read_account
from safehold.cases.evidence.preservation import circumstances_of
from safehold.console.viewing.errors import NothingToSeeError
from safehold.console.viewing.viewer import AccountOpener, Asking, Opened, Opener
from safehold.datasets.casework.retrieval import RecordReader
from safehold.datasets.errors import RecordGoneError, RunElsewhereError, UnknownRecordError
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.held import HeldItems
from safehold.gateway.item import Item
from safehold.home.database import Database
from safehold.vault import CustodianKey
from safehold.vocabulary import Clock


def held_opener(held: HeldItems, clock: Clock) -> Opener:
    """Return what opens items that the gateway keeps sealed; the ledger says who opened which, before it is given."""

    def open_held(item: CaseItem, asking: Asking, key: CustodianKey) -> Opened:
        try:
            opened = held.open(
                item.told.content.reference, key, actor=asking.person.name, purpose=asking.purpose, now=clock.now()
            )
        except HeldItemMissingError as error:
            raise NothingToSeeError(
                "what was kept of it has had its time", advice="Decide by what is known of it."
            ) from error
        return Opened(data=opened.data, text=words_of(opened))

    return open_held


def words_of(item: Item) -> str:
    """Return the words of a text item: one turn of a conversation after the other, each after who spoke."""
    if item.turns:
        return "\n\n".join(f"{turn.role}: {turn.text}" for turn in item.turns)
    return item.text


def vault_opener(openings: Openings) -> Opener:
    """Return what opens evidence: while an opening lasts that two custodians granted to who asks, and never else."""

    def open_evidence(item: CaseItem, asking: Asking, key: CustodianKey) -> Opened:
        granted = openings.list(state=OpeningState.GRANTED, case=item.case)
        mine = [
            one
            for one in granted
            if one.evidence == item.told.content.reference and one.requester == asking.person.name
        ]
        if not mine:
            raise NothingToSeeError(
                "no opening of it is granted to you now", advice="Ask two custodians for one, under Openings."
            )
        return Opened(data=openings.read(asking.person, mine[0].id, key))

    return open_evidence


def account_opener(openings: Openings, database: Database) -> AccountOpener:
    """Return what opens what the vault has of circumstances: while an opening lasts that was granted to who asks."""

    def open_account(item: CaseItem, asking: Asking, key: CustodianKey) -> Mapping[str, Any]:
        with database.reading() as connection:
            account = circumstances_of(connection, [item.id]).get(item.id)
        granted = () if account is None else openings.list(state=OpeningState.GRANTED, case=item.case)
        mine = [one for one in granted if one.evidence == account and one.requester == asking.person.name]
        if not mine:
            return {}
        told = read_account(openings.read(asking.person, mine[0].id, key))
        return {**told["circumstances"], **told["report"]}

    return open_account


def record_opener(records: RecordReader) -> Opener:
    """Return what reads records of a scanned dataset again, where its run lies on this machine."""

    def open_record(item: CaseItem, asking: Asking, _key: CustodianKey) -> Opened:
        reference = item.told.content.reference
        try:
            content = records.read(reference, actor=asking.person.name, purpose=asking.purpose)
        except (RecordGoneError, RunElsewhereError, UnknownRecordError) as error:
            raise NothingToSeeError("the record can't be read from here", advice=error.advice) from error
        further = {"captions": dict(content.texts), "address": content.url or "", "files_left_out": content.left_out}
        return Opened(data=content.main, text="" if content.main else content.words, further=further)

    return open_record
