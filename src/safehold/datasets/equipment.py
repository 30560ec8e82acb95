"""Equipment: everything of an installation that safeguarding a dataset needs, as `wiring` put it together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from safehold.classification.text import CaptionRules, Lexicon
from safehold.datasets.register import Register
from safehold.ledger import EventLog, SigningKey
from safehold.matching import Index
from safehold.screening import Policy
from safehold.vault import Vault
from safehold.vocabulary import Clock


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
        source_environment: variables, credentials among them, for children that read sources behind an address.
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
    source_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
