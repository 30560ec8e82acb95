"""The workshop: an opened home with the rooms that every command works with.

    with open_workshop(None) as workshop:
        workshop.banks.list()

The home is, in this order: the folder named on the command line, ``SAFEHOLD_HOME``, the platform's data folder.
"""

import getpass
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from safehold.classification import load_classifiers
from safehold.classification.text import CaptionRules, Lexicon, builtin_lexicons, load_lexicon
from safehold.datasets.casework.record_cases import RecordCases
from safehold.datasets.casework.runs import Runs
from safehold.datasets.casework.verdicts import Verdicts
from safehold.datasets.equipment import Equipment
from safehold.datasets.register import Waiver, load_register
from safehold.home.home import Home
from safehold.ledger import Ledger, SigningKey, is_fit, open_ledger
from safehold.matching import BankStore, Index
from safehold.screening import Policy, default_policy, load
from safehold.settings import MalformedSettingsError, Settings, load_settings
from safehold.vault import LocalVault
from safehold.vault.bucket import Bucket, BucketShelves
from safehold.vault.review import ReviewKey
from safehold.vault.shelves import Shelves
from safehold.vocabulary import Clock, Event, SystemClock
from safehold.wiring.entrance import Entrance, queues_of

if TYPE_CHECKING:
    from safehold.datasets.scan.engine import Engine


@dataclass(frozen=True, slots=True)
class Workshop:
    """An opened home with every room wired to it.

    Attributes:
        home: where state lives.
        settings: what the installation was told.
        ledger: where events go.
        banks: the hash lists.
        vault: sealed evidence.
        actor: who acts, as the ledger names them.
        source_environment: variables for children that read sources behind an address; never shown.
    """

    home: Home
    settings: Settings
    ledger: Ledger
    banks: BankStore
    vault: LocalVault
    actor: str
    source_environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def record(self, kind: str, *, policy: str = "", **details: str | int | bool) -> None:
        """Append an event in this actor's name."""
        self.ledger.append(Event(kind, self.actor, policy, details))

    def index(self) -> Index:
        """Map the index over every bank, building what is missing."""
        return Index.open(self.home)

    def policy(self, named: Path | None = None) -> Policy:
        """Return the policy named by a command, else by the settings, else the shipped one."""
        path = named or self.settings.policy
        return default_policy() if path is None else load(path)

    def lexicons(self) -> tuple[Lexicon, ...]:
        """Return the shipped lexicons and the operator's own."""
        return (*builtin_lexicons(), *map(load_lexicon, self.settings.lexicons))

    def waivers(self, entries: Sequence[str], reason: str | None, *, name: str | None = None) -> tuple[Waiver, ...]:
        """Return waivers of register entries, in this actor's name where no other is given.

        Raises:
            WaiverError: no reason is given, or the register has no such entry.
        """
        if entries:
            register = load_register(self.settings.registers)
            for entry in entries:
                register.require(entry)
        return tuple(Waiver(entry, reason or "", self.actor if name is None else name) for entry in entries)

    def workers(self) -> int:
        """Return how many decoding processes to run where a command doesn't say."""
        return self.settings.workers or cores()

    def ray_engine(self, *, address: str | None, workers: int | None) -> "Engine":
        """Return the engine that scans on a Ray cluster, or on a Ray of our own if no address is given.

        Raises:
            RayMissingError: Ray is not installed.
        """
        from safehold.datasets.scan.ray_cluster import RayEngine, require_ray  # noqa: PLC0415  # no other command waits

        require_ray()
        count = workers or (None if address else self.workers())
        return RayEngine(address, count, source_variables=tuple(self.settings.source_variables))

    def equipment(self, policy: Path | None) -> Equipment:
        """Return everything that safeguarding a dataset needs.

        Raises:
            ClassifierMissingError: a classifier that the settings name can't be loaded.
        """
        classifiers = load_classifiers(self.settings.classifiers)  # here: the start is to stop, not every child
        lexicons = self.lexicons()
        return Equipment(
            index=self.index(),
            policy=self.policy(policy),
            captions=CaptionRules(lexicons),
            lexicons=lexicons,
            register=load_register(self.settings.registers),
            classifiers=self.settings.classifiers,
            scored=frozenset(concept for classifier in classifiers for concept in classifier.concepts),
            ledger=self.ledger,
            key=SigningKey.load_or_create(self.home.keys, "installation"),
            vault=self.vault if self.vault.custodians.list() else None,
            clock=self.home.clock,
            actor=self.actor,
            source_environment=self.source_environment,
            cases=self.record_cases(),
        )

    def record_cases(self) -> RecordCases:
        """Return where held records of datasets wait for people."""
        home = self.home
        return RecordCases(
            cases=Entrance(home.database, self.ledger, home.clock, queues=queues_of(self.settings)),
            database=home.database,
            verdicts=Verdicts(home.database),
            runs=Runs(home.path / "runs"),
            review_key=ReviewKey.load(home.keys),
        )


def cores() -> int:
    """Return the cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux only; it knows of containers' and schedulers' limits
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def home_folder(named: Path | None, environment: Mapping[str, str]) -> Path:
    """Return where the home is, whether or not it exists yet."""
    if named is not None:
        return named
    told = environment.get("SAFEHOLD_HOME")
    return Path(told) if told else Path(platformdirs.user_data_dir("safehold", appauthor=False))


@contextmanager
def open_workshop(
    named: Path | None, *, environment: Mapping[str, str] | None = None, clock: Clock | None = None
) -> Iterator[Workshop]:
    """Open the home, making it ready at its first use, and wire the rooms to it while the block runs.

    Args:
        named: the folder a command was given; None for the environment's or the platform's.
        environment: variables; the process's own by default.
        clock: where the time comes from; the machine's by default.
    """
    variables = os.environ if environment is None else environment
    folder = home_folder(named, variables)
    settings = load_settings(folder, variables)
    actor = actor_of(settings)
    with Home.open(folder, clock or SystemClock(), server=settings.server()) as home:
        ledger = open_ledger(home)
        yield Workshop(
            home=home,
            settings=settings,
            ledger=ledger,
            banks=BankStore(home, ledger, actor=actor),
            vault=LocalVault(home, ledger.append, shelves=_shelves(home, settings)),
            actor=actor,
            source_environment={name: variables[name] for name in settings.source_variables if name in variables},
        )


def actor_of(settings: Settings) -> str:
    """Return who acts: the settings' word, else the operating system's user name in a form that an event may carry.

    Raises:
        MalformedSettingsError: the settings name somebody in a form that an event may not carry.
    """
    if settings.actor is not None:
        if not is_fit(settings.actor):
            raise MalformedSettingsError(
                "setting 'actor' may hold letters, digits and hyphens only",
                advice="Use a short name or staff number: the ledger keeps no addresses or sentences.",
            )
        return settings.actor
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # no such user, in some containers
        name = f"uid-{os.getuid()}"
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64].strip("-") or f"uid-{os.getuid()}"


def _shelves(home: Home, settings: Settings) -> Shelves | None:
    """Return where evidence lies, if that is not the home."""
    if settings.vault_s3_bucket is None:
        return None
    bucket = Bucket(
        settings.vault_s3_bucket, settings.vault_s3_prefix, settings.vault_s3_endpoint, settings.vault_s3_region
    )
    return BucketShelves(bucket, home.vault, home.clock)
