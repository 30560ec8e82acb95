"""The gateway: an opened home with everything that checks need, for as long as a process checks.

    with open_gateway(None) as gateway:
        gateway.checks.check(request, caller)

Make one a process, after any fork: it has threads and children of its own.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safehold.cases.enforcement.refused import RefusedAccounts
from safehold.classification import load_classifiers
from safehold.classification.remote import Endpoint, load_remote, read_remote
from safehold.classification.text import Lexicon, PromptRules, default_rules, load_lexicon, load_word_list
from safehold.classification.text import prompt_lexicons as shipped_lexicons
from safehold.gateway.assembly import Parts, open_checks
from safehold.gateway.checks import Checks
from safehold.gateway.in_force import Policies
from safehold.gateway.lifecycle import LivePolicies
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import default_gateway_policy, load_gateway_policy
from safehold.home.outbox import Outbox
from safehold.ledger.commit import GroupCommit
from safehold.matching.live import LiveIndex
from safehold.settings import MalformedSettingsError, Settings
from safehold.vocabulary import Clock
from safehold.wiring.entrance import Entrance, queues_of
from safehold.wiring.workshop import Workshop, cores, open_workshop


@dataclass(frozen=True, slots=True)
class Gateway:
    """What checks need, opened.

    Attributes:
        workshop: the home and its rooms.
        checks: the one native call.
        index: what finds bank entries; it follows the banks of the home.
        commits: makes decisions of many threads durable together.
        outbox: what is to be done after a decision.
        policies: which are in force.
    """

    workshop: Workshop
    checks: Checks
    index: LiveIndex
    commits: GroupCommit
    outbox: Outbox
    policies: Policies


@contextmanager
def open_gateway(
    named: Path | None, *, environment: Mapping[str, str] | None = None, clock: Clock | None = None
) -> Iterator[Gateway]:
    """Open a home for checks while the block runs, making it ready at its first use.

    Args:
        named: the folder; None for the environment's or the platform's.
        environment: variables; the process's own by default.
        clock: where the time comes from; the machine's by default.

    Raises:
        SafeholdError: a policy, lexicon, classifier or key can't be used: a gateway that lacks one doesn't start.
    """
    variables = os.environ if environment is None else environment
    with (
        open_workshop(named, environment=environment, clock=clock) as workshop,
        LiveIndex(workshop.home) as index,
        GroupCommit(workshop.home.database, workshop.ledger) as commits,
    ):
        policies = LivePolicies(workshop.home.database, own_policy(workshop.settings))
        parts = Parts(
            home=workshop.home,
            events=workshop.ledger,
            commits=commits,
            policies=policies,
            lists=index,
            text=prompt_rules(workshop.settings),
            accounts=refused_accounts(workshop),
            classifiers=load_classifiers(workshop.settings.classifiers),
            further=remote_classifiers(workshop, variables),
            children=workshop.settings.media_children or cores(),
            cases=Entrance(
                workshop.home.database, workshop.ledger, workshop.home.clock, queues=queues_of(workshop.settings)
            ),
        )
        with open_checks(parts) as checks:
            yield Gateway(
                workshop=workshop,
                checks=checks,
                index=index,
                commits=commits,
                outbox=Outbox(workshop.home.database, workshop.home.clock),
                policies=policies,
            )


def refused_accounts(workshop: Workshop) -> RefusedAccounts | None:
    """Return which accounts are refused whatever they send; None where the settings say that none is."""
    home = workshop.home
    return RefusedAccounts(home.database, home.clock) if workshop.settings.refuse_suspended else None


def own_policy(settings: Settings) -> GatewayPolicy:
    """Return the policy that an installation has as long as none is active in its home.

    Raises:
        GatewayPolicyError: the file that the settings name can't be used.
    """
    named = settings.gateway_policy
    return default_gateway_policy() if named is None else load_gateway_policy(named)


def prompt_rules(settings: Settings) -> PromptRules:
    """Return what reads prompts: the shipped words in all languages, and the operator's own.

    Raises:
        ReviewedDataError: a lexicon or word list can't be read.
        MalformedSettingsError: a word list is not named as CONCEPT=FILE.
    """
    own = (*map(load_lexicon, settings.lexicons), *map(_word_list, settings.word_lists))
    return PromptRules((*shipped_lexicons(), *own), default_rules())


def _word_list(named: str) -> Lexicon:
    concept, equals, file = named.partition("=")
    if not (concept and equals and file):
        raise MalformedSettingsError(
            "setting 'word_lists' names a list without its concept",
            advice="Write CONCEPT=FILE, for instance minor=words.txt",
        )
    return load_word_list(Path(file), concept=concept)


def remote_classifiers(workshop: Workshop, variables: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Return the classifiers elsewhere that the settings name.

    Raises:
        ReviewedDataError: their file can't be used.
        RemoteKeyError, RemoteSettingsError, TransportMissingError: a key or a file is missing, or what speaks HTTP.
    """
    named = workshop.settings.remote_classifiers
    return load_remote(None if named is None else read_remote(named), variables, workshop.home.clock)
