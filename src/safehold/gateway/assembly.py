"""Assembly: the parts of an installation become its checks. What each part is, wiring says.

with open_checks(parts) as checks:
    checks.check(request, caller)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from safehold.classification import Classifier
from safehold.classification.remote import RemoteClassifier
from safehold.gateway.casework import Cases
from safehold.gateway.checking import Accounts, GatewayChecks, Records
from safehold.gateway.further import Further
from safehold.gateway.in_force import Policies
from safehold.gateway.marks import Marks, digest_key
from safehold.gateway.media import Lists, MediaRoom, limits_of
from safehold.gateway.media_child import CHILD_MODULE, TASK
from safehold.gateway.media_wire import MediaTerms
from safehold.gateway.observing import Detectors
from safehold.gateway.recording import Commits, Events
from safehold.gateway.text import TextReader
from safehold.home.home import Home
from safehold.media.sandbox import Crew, Reply, module_argv
from safehold.vault.review import ReviewKey


@dataclass(frozen=True, slots=True)
class Parts:
    """What checks are made of.

    Attributes:
        home: opened, and open for as long as the checks are used.
        events: its ledger.
        commits: what makes decisions durable; one for the process.
        policies: which are in force.
        lists: the index over its banks.
        text: reads words.
        classifiers: the image classifiers that decoding children load; loaded here to know that they can be.
        further: classifiers elsewhere.
        children: how many decoding children, 1 or more.
        cases: where what is held or denied waits for people; None where nobody works on cases.
        accounts: which are refused whatever they send; None for none.
    """

    home: Home
    events: Events
    commits: Commits
    policies: Policies
    lists: Lists
    text: TextReader
    classifiers: Sequence[Classifier] = ()
    further: Sequence[RemoteClassifier] = ()
    children: int = 1
    cases: Cases | None = None
    accounts: Accounts | None = None


@contextmanager
def open_checks(parts: Parts) -> Iterator[GatewayChecks]:
    """Start the decoding children, and give the checks while the block runs.

    Limits on memory and seconds of a child are those of the policy that is active now, until the next start.

    Raises:
        ReviewKeyError, DigestKeyError: a key of the home can't be used.
        SafeholdError: the policies can't be read.
    """
    limits = limits_of(parts.policies.current().active.limits)
    with Crew(module_argv(CHILD_MODULE), limits, size=parts.children) as crew:
        further = Further(parts.further)
        try:
            yield _checks(parts, crew, further)
        finally:
            further.close()


def _checks(parts: Parts, crew: Crew, further: Further) -> GatewayChecks:
    def ask(data: bytes, terms: MediaTerms, waiting_seconds: float) -> Reply:
        request: Mapping[str, object] = {"terms": terms.to_json()}
        return crew.ask(TASK, request, data=data, waiting_seconds=waiting_seconds)

    versions = tuple((one.name, one.version) for one in parts.classifiers)
    key = digest_key(parts.home.keys)
    return GatewayChecks(
        policies=parts.policies,
        detectors=Detectors(parts.text, MediaRoom(ask, parts.lists, versions), further),
        records=Records(
            database=parts.home.database,
            commits=parts.commits,
            events=parts.events,
            marks=Marks(key),
            check_key=key,
            review_key=ReviewKey.load(parts.home.keys),
            cases=parts.cases,
            accounts=parts.accounts,
        ),
        clock=parts.home.clock,
    )
