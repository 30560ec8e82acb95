"""Made-up observations, banks and a basis for tests of decisions and proofs; nothing is decoded here."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tests.unit.matching import made_up

from safehold.classification.text import CaptionRules, Lexicon, load_lexicon
from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.release import Release
from safehold.datasets.layout import Layout
from safehold.datasets.register import Register
from safehold.datasets.run import Run
from safehold.datasets.scan.observation import Observation
from safehold.datasets.scan.part import PartNote, encode_part, scan_digest
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Format, Shard, SourceOptions
from safehold.examination import ObservedMember
from safehold.home import private_folder, write_atomic
from safehold.matching import Index
from safehold.matching.banks.catalogue import BankContents
from safehold.media import Limits
from safehold.screening import Policy, default_policy
from safehold.vocabulary import Algorithm, HarmClass, MediaKind, PdqFlavour, Signal, Tier

SETTINGS = ScanSettings(Limits(), (PdqFlavour.FULL,))
DIGESTS = frozenset({"sha256", "sha1", "md5"})
LEXICON = """\
format: safehold.lexicon/1
id: en-{name}
version: "1"
language: en
concept: {concept}
status: draft
reviewed_by: []
source: stand-in vocabulary for tests
licence: CC0-1.0
size: 1
terms: [{word}]
"""


def sha256(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def member(word: str = "picture", prints: Sequence[Signal] = (), kind: MediaKind = MediaKind.IMAGE) -> ObservedMember:
    data = word.encode()
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    sha1 = hashlib.sha1(data, usedforsecurity=False).digest()
    return ObservedMember(f"{word}.jpg", kind, len(data), sha256(word), sha1, md5, tuple(prints))


def pdq_print(value: bytes, place: str = "", flavour: PdqFlavour = PdqFlavour.FULL) -> Signal:
    return Signal(Algorithm.PDQ, value, flavour, 100, place)


def image(key: str, *members: ObservedMember, texts: Sequence[tuple[str, str]] = ()) -> Observation:
    kinds = {one.kind for one in members} | ({MediaKind.TEXT} if texts else set())
    return Observation(key, frozenset(kinds), DIGESTS | {"pdq"}, members=members or (member(key),), texts=tuple(texts))


def plain(key: str) -> Observation:
    return image(key, member(key))


def text(key: str, words: str) -> Observation:
    return Observation(key, frozenset({MediaKind.TEXT}), texts=(("txt", words),))


def shard(number: int = 0, name: str = "", form: Format = Format.TAR) -> Shard:
    return Shard(number, 0, form, name or f"{number:05d}.tar", f"/nowhere/{number:05d}.tar")


def lexicons(folder: Path) -> tuple[Lexicon, ...]:
    made = []
    for name, concept, word in (("red", "minor", "red cube"), ("blue", "adult_sexual", "blue ball")):
        path = folder / f"{name}.yaml"
        path.write_text(LEXICON.format(name=name, concept=concept, word=word))
        made.append(load_lexicon(path))
    return tuple(made)


def listing(
    name: str,
    values: Sequence[bytes],
    *,
    algorithm: Algorithm = Algorithm.SHA256,
    tier: Tier = Tier.TRUSTED,
    harm_class: HarmClass = HarmClass.CSAM,
    flavour: PdqFlavour = PdqFlavour.FULL,
) -> BankContents:
    matrix = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    rows = made_up.rows(algorithm, matrix)
    return made_up.contents(name, made_up.part(rows), tier=tier, harm_class=harm_class, flavour=flavour)


def basis(
    folder: Path, *banks: BankContents, policy: Policy | None = None, releases: Mapping[str, Release] | None = None
) -> Basis:
    made = lexicons(folder)
    return Basis(
        index=Index.over(list(banks)),
        policy=policy or default_policy(),
        captions=CaptionRules(made),
        lexicons=made,
        register=Register((), version="none"),
        waivers=(),
        releases=releases or {},
    )


def layout_of(root: Path, shards: Sequence[Shard], observed: Sequence[Sequence[Observation]]) -> Layout:
    """An output folder whose scan is done."""
    layout = Layout(root)
    for folder in layout.folders():
        private_folder(folder)
    for one, rows in zip(shards, observed, strict=True):
        note = PartNote(scan_digest(one, SETTINGS), SETTINGS, "c" * 64, 1)
        write_atomic(layout.part(one.number), encode_part(rows, note))
    return layout


RUN = Run("0" * 16, bytes(32), dt.datetime(2026, 11, 21, tzinfo=dt.UTC).isoformat(), ("x",), SourceOptions())
