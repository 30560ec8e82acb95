"""Equipment: everything of an installation that safeguarding a dataset needs, as `wiring` put it together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from safehold.classification.text import CaptionRules, Lexicon
from safehold.datasets.casework.record_cases import RecordCases
from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.release import Release
from safehold.datasets.register import Register, Waiver
from safehold.ledger import EventLog, SigningKey
from safehold.matching import Index
from safehold.screening import Policy, PolicyError, unclaimed_concepts
from safehold.vault import Vault
from safehold.vocabulary import Clock

_NONE: Mapping[str, Release] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a run works with.

    Attributes:
        index: the banks' entries.
        policy: what is required, what counts, what follows.
        captions: the caption rules.
        lexicons: what the caption rules were made of.
        register: the known-risk sources.
        classifiers: entry-point names of the image classifiers to run.
        ledger: where events go.
        key: the installation's signing key.
        vault: where confirmed originals are sealed; None if no custodians are registered.
        clock: the time.
        actor: who runs the command.
        scored: the concepts that those classifiers score.
        source_environment: variables, credentials among them, for children that read sources behind an address.
        cases: where held records wait for people; None where nobody works on cases.
    """

    index: Index
    policy: Policy
    captions: CaptionRules
    lexicons: tuple[Lexicon, ...]
    register: Register
    classifiers: tuple[str, ...]
    ledger: EventLog
    key: SigningKey
    vault: Vault | None
    clock: Clock
    actor: str
    scored: frozenset[str] = frozenset()
    source_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    cases: RecordCases | None = None

    def require_claimable(self, *, scanned_with: Collection[str] = ()) -> None:
        """Refuse a policy that keeps concepts apart which nothing here could find: every record would seem to pass.

        Args:
            scanned_with: classifiers whose scores an earlier scan has kept.

        Raises:
            PolicyError: a concept has no lexicon, no mapped column and no classifier.
        """
        kept = (concept for name in scanned_with for concept in self.policy.thresholds.scores.get(name, ()))
        claimable = self.scored.union((lexicon.concept for lexicon in self.lexicons), kept)
        if concepts := unclaimed_concepts(self.policy, claimable):
            raise PolicyError(
                f"the policy keeps {', '.join(concepts)} apart, which no lexicon, column or classifier can claim",
                advice="Name a lexicon or classifier for each in the settings, map a column to it in the policy, or "
                "take its pair out of the policy.",
            )

    def basis(self, *, waivers: Sequence[Waiver] = (), releases: Mapping[str, Release] = _NONE) -> Basis:
        """Return what decisions are made with, given what people said of one run.

        Args:
            waivers: which register entries somebody waived.
            releases: which records people freed, by record id.
        """
        return Basis(
            self.index, self.policy, self.captions, self.lexicons, self.register, tuple(waivers), dict(releases)
        )
