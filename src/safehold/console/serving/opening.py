"""Opening the console: a home, its casework and users, and what opens content where there is a review key.

with open_console(None) as console:
app = make_console(console)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safehold.cases import Place
from safehold.console.context import Console
from safehold.console.exporter import Exporter
from safehold.console.instruments import open_instruments
from safehold.console.kept import KeptForms
from safehold.console.preserver import Preserver
from safehold.console.users import open_accounts
from safehold.console.viewing.child import CHILD_MODULE
from safehold.console.viewing.openers import account_opener, held_opener, record_opener, vault_opener
from safehold.console.viewing.viewer import VIEWING_LIMITS, Opener, Viewer
from safehold.home.outbox import Outbox
from safehold.media.sandbox import Crew, Reply, module_argv
from safehold.service.watching import Journal
from safehold.vault import CustodianKey
from safehold.vault.review import read_review_key
from safehold.vocabulary import Clock
from safehold.wiring.casework import Casework, open_casework
from safehold.wiring.workshop import Workshop, cores, open_workshop

MOST_CHILDREN = 2
"""People look at one thing at a time: two decoding children serve a team. Ours."""


@contextmanager
def open_console(
    named: Path | None, *, environment: Mapping[str, str] | None = None, clock: Clock | None = None
) -> Iterator[Console]:
    """Open a home for the console while the block runs.

    Args:
        named: the folder; None for the environment's or the platform's.
        environment: variables; the process's own by default.
        clock: where the time comes from; the machine's by default.

    Raises:
        SafeholdError: a key, reviewed data or a setting can't be used: a console that lacks one doesn't start.
    """
    with open_workshop(named, environment=environment, clock=clock) as workshop:
        accounts = open_accounts(workshop.home, workshop.ledger, settings=workshop.settings)
        casework, settings = open_casework(workshop), workshop.settings
        key = None if settings.review_key is None else read_review_key(settings.review_key)
        with _viewing(casework, key) as viewer, open_instruments(workshop) as instruments:
            yield Console(
                casework=casework,
                sessions=accounts.sessions,
                settings=settings,
                clock=workshop.home.clock,
                journal=Journal(workshop.home.clock),
                users=accounts,
                viewer=viewer,
                instruments=instruments,
                exporter=Exporter(casework, key),
                kept=KeptForms(workshop.home.clock),
                preserver=None if key is None else Preserver(casework, key, _outbox(workshop)),
            )


def require_openable(workshop: Workshop) -> None:
    """Refuse here what a console's process would stumble over, where somebody still reads why.

    Raises:
        SafeholdError: a key, reviewed data or a setting can't be used.
    """
    if workshop.settings.review_key is not None:
        read_review_key(workshop.settings.review_key)
    open_accounts(workshop.home, workshop.ledger, settings=workshop.settings)
    open_casework(workshop)


def _outbox(workshop: Workshop) -> Outbox:
    return Outbox(workshop.home.database, workshop.home.clock)


@contextmanager
def _viewing(casework: Casework, key: CustodianKey | None) -> Iterator[Viewer | None]:
    """Give what opens content, with decoding children of its own; None where there is no review key."""
    if key is None:
        yield None
        return
    with Crew(module_argv(CHILD_MODULE), VIEWING_LIMITS, size=min(MOST_CHILDREN, cores())) as crew:

        def ask(task: str, request: Mapping[str, object], data: bytes) -> Reply:
            return crew.ask(task, request, data=data)

        accounts = account_opener(casework.openings, casework.workshop.home.database)
        yield Viewer(key, ask, openers_of(casework), open_account=accounts)


def openers_of(casework: Casework) -> Mapping[Place, Opener]:
    """Return what opens items, by where they lie."""
    clock = casework.workshop.home.clock
    return {
        Place.HELD: held_opener(casework.held, clock),
        Place.VAULT: vault_opener(casework.openings),
        Place.DATASET: record_opener(casework.records),
    }
