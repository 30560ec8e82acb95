"""A trial: the checks of an installation as they are, with its banks and detectors, but nothing is kept.

Decisions and what is remembered of sessions go to a home of their own, which is gone at the end; there is no review
key in it, so that nothing of what is checked is sealed either.

    with open_trial(None, policy=draft) as trial:
        trial.checks.check(request, caller)
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from safehold.classification import load_classifiers
from safehold.gateway.assembly import Parts, open_checks
from safehold.gateway.checks import Checks
from safehold.gateway.in_force import FixedPolicies, InForce
from safehold.gateway.lifecycle import LivePolicies
from safehold.gateway.media import StandingLists
from safehold.gateway.policy import GatewayPolicy
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.wiring.gateway import own_policy, prompt_rules, remote_classifiers
from safehold.wiring.workshop import Workshop, cores, open_workshop


@dataclass(frozen=True, slots=True)
class Trial:
    """Checks that keep nothing.

    Attributes:
        checks: the one native call.
        policy: what decides.
    """

    checks: Checks
    policy: GatewayPolicy


@contextmanager
def open_trial(named: Path | None, *, policy: GatewayPolicy | None = None) -> Iterator[Trial]:
    """Open a home, and try its checks while the block runs; its database is only read.

    Args:
        named: the folder; None for the environment's or the platform's.
        policy: what decides; the one in force by default.

    Raises:
        SafeholdError: a policy, lexicon, classifier or key can't be used.
    """
    with (
        open_workshop(named) as workshop,
        TemporaryDirectory(prefix="safehold-trial-") as folder,
        Home.open(Path(folder, "home"), workshop.home.clock) as scratch,
    ):
        tried = policy or LivePolicies(workshop.home.database, own_policy(workshop.settings)).current().active
        ledger = open_ledger(scratch)
        with (
            GroupCommit(scratch.database, ledger) as commits,
            open_checks(
                Parts(
                    home=scratch,
                    events=ledger,
                    commits=commits,
                    policies=FixedPolicies(InForce(tried)),
                    lists=StandingLists(workshop.index()),
                    text=prompt_rules(workshop.settings),
                    classifiers=load_classifiers(workshop.settings.classifiers),
                    further=remote_classifiers(workshop, os.environ),
                    children=_children(workshop),
                )
            ) as checks,
        ):
            yield Trial(checks, tried)


def _children(workshop: Workshop) -> int:
    return workshop.settings.media_children or cores()
