"""Small harmless datasets, a made-up bank, stand-in lexicons and a stand-in policy, for tests of whole runs.

Listed pictures are soft fields of colour whose hashes are in a bank that says `csam`: nothing but made-up lines of a
CSV makes them so. The two concepts that must be kept apart are red cubes and blue balls.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from safehold.datasets.apply.stage import Step
from safehold.datasets.orders import Outcome, ScanOrder
from safehold.datasets.safeguard import no_step, scan
from safehold.datasets.scan.child import scan_shard
from safehold.datasets.scan.engine import Engine, ShardScan, quietly
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard
from safehold.matching import BankTraits
from safehold.media import Limits, open_image
from safehold.signals import pdq
from safehold.vocabulary import HarmClass, PdqFlavour, Tier
from safehold.wiring import Workshop, open_workshop

IS_SOAK = bool(os.environ.get("SAFEHOLD_SOAK"))
"""Whether tests that thin something out try all of it: `make soak`."""

SIDE = 128
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
terms: [{words}]
"""

Members = Mapping[str, bytes]
Records = Mapping[str, Members]


def jpeg(seed: int, *, side: int = SIDE, quality: int = 92) -> bytes:
    """A soft, structured, colourful picture; another seed is far away in PDQ."""
    cells = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


def pdq_hex(data: bytes) -> str:
    (frame,) = open_image(data, Limits())
    (made,) = pdq(frame.luma, [PdqFlavour.FULL])
    return made.value.hex()


def write_tar(path: Path, records: Records) -> Path:
    """A WebDataset shard; the same records give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key, members in records.items():
            for extension, content in members.items():
                info = tarfile.TarInfo(f"{key}.{extension}")
                info.size, info.mtime = len(content), 1_700_000_000
                tar.addfile(info, io.BytesIO(content))
    return path


def captioned(seed: int, caption: str = "a field of colours", **more: bytes) -> dict[str, bytes]:
    return {"jpg": jpeg(seed), "txt": caption.encode(), **more}


def plain_records(count: int, first: int = 100) -> dict[str, Members]:
    return {f"{number:06d}": captioned(number) for number in range(first, first + count)}


def write_image_folder(folder: Path, pictures: Mapping[str, bytes], captions: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    rows = [json.dumps({"file_name": name, "text": captions.get(name, "colours")}) for name in pictures]
    (folder / "metadata.jsonl").write_text("\n".join(rows) + "\n")
    return folder


def write_parquet(path: Path, pictures: Iterable[bytes], captions: Iterable[str], *, row_group: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": data, "path": f"{number}.jpg"} for number, data in enumerate(pictures)]
    table = pa.table({"image": images, "caption": list(captions)})
    pq.write_table(table, path, row_group_size=row_group, compression="NONE")
    return path


@dataclass(frozen=True, slots=True)
class Listed:
    """Pictures that the made-up bank lists, each by one algorithm."""

    by_sha256: bytes = field(default_factory=lambda: jpeg(1))
    by_md5: bytes = field(default_factory=lambda: jpeg(2))
    by_pdq: bytes = field(default_factory=lambda: jpeg(3))

    def rows(self) -> list[str]:
        return [
            f"sha256,{hashlib.sha256(self.by_sha256).hexdigest()}",
            f"md5,{hashlib.md5(self.by_md5, usedforsecurity=False).hexdigest()}",
            f"pdq,{pdq_hex(self.by_pdq)}",
        ]

    @property
    def near_pdq(self) -> bytes:
        """The picture listed by PDQ in other bytes: compressed harder."""
        return jpeg(3, quality=80)


LISTED = Listed()


@dataclass(frozen=True, slots=True)
class Place:
    """One installation in a folder: its home, its policy, and room for sources and outputs."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def policy(self) -> Path:
        return self.root / "policy.yaml"

    def open(self) -> AbstractContextManager[Workshop]:
        return open_workshop(self.home, environment={})

    def import_list(self, rows: Iterable[str], name: str = "made-up-list") -> None:
        listing = self.root / f"{name}.csv"
        listing.write_text("\n".join(["algorithm,value", *rows]) + "\n")
        traits = BankTraits(HarmClass.CSAM, Tier.TRUSTED, legal_basis="a test", pdq_flavour=PdqFlavour.FULL)
        with self.open() as workshop:
            workshop.banks.import_file(name, listing, traits)

    def write_policy(self, **replacements: str) -> Path:
        """Write the default policy about the stand-in concepts; `seconds="1"` replaces a limit."""
        shipped = resources.files("safehold.screening").joinpath("policies", "default-dataset.yaml")
        text = shipped.read_text(encoding="utf-8").replace("adult_sexual", "blue_ball")
        lines = text.replace("minor", "red_cube").splitlines()
        for name, value in replacements.items():
            lines = [f"  {name}: {value}" if line.startswith(f"  {name}: ") else line for line in lines]
        self.policy.write_text("\n".join(lines) + "\n")
        return self.policy


def make_place(root: Path) -> Place:
    """Make an installation with the made-up bank, the stand-in lexicons and the stand-in policy."""
    place = Place(root)
    with place.open():
        pass
    names = {"red": ("red_cube", "red cube, red cubes"), "blue": ("blue_ball", "blue ball, blue balls")}
    for name, (concept, words) in names.items():
        text = LEXICON.format(name=name, concept=concept, words=words).replace("size: 1", "size: 2")
        (root / f"{name}.yaml").write_text(text)
    (place.home / "settings.yaml").write_text(f"lexicons: [{root / 'red.yaml'}, {root / 'blue.yaml'}]\nactor: tester\n")
    place.write_policy()
    place.import_list(LISTED.rows())
    return place


def varied_tars(folder: Path) -> Path:
    """Three small shards: untouched, full of cases, and one whose concepts must leave."""
    write_tar(folder / "00000.tar", plain_records(3))
    write_tar(
        folder / "00001.tar",
        {
            "a-plain": captioned(11),
            "b-by-sha256": {"jpg": LISTED.by_sha256, "txt": b"colours"},
            "c-by-md5": {"jpg": LISTED.by_md5},
            "d-near": {"jpg": LISTED.near_pdq},
            "e-truncated": {"jpg": jpeg(12)[:-400]},
            "f-both": captioned(13, "a red cube beside a blue ball"),
            "g-unknown": captioned(14, xyz=b"who knows"),
        },
    )
    write_tar(
        folder / "00002.tar",
        {
            "a-cube": captioned(21, "a red cube"),
            "b-ball": captioned(22, "a blue ball"),
            "c-plain": captioned(23),
        },
    )
    return folder


def mixed_sources(folder: Path) -> tuple[Path, ...]:
    """A shard full of cases, a folder of pictures and a table of rows: every way to rewrite and to link."""
    cases = write_tar(
        folder / "shards" / "00000.tar",
        {
            "a-plain": captioned(11),
            "b-by-sha256": {"jpg": LISTED.by_sha256, "txt": b"colours"},
            "c-near": {"jpg": LISTED.near_pdq},
            "d-truncated": {"jpg": jpeg(12)[:-400]},
            "e-both": captioned(13, "a red cube beside a blue ball"),
            "f-ball": captioned(14, "a blue ball"),
        },
    )
    pictures = {"1.jpg": jpeg(31), "2.jpg": LISTED.by_md5, "3.jpg": jpeg(33)}
    images = write_image_folder(folder / "images", pictures, {"3.jpg": "a red cube"})
    rows = write_parquet(folder / "rows.parquet", [jpeg(41), jpeg(42), jpeg(43)], ["colours", "colours", "more"])
    return cases.parent, images, rows


def copy_run(source: Path, out: Path, *, scanned: bool = False) -> Path:
    """Begin an output folder with another one's run record, so that ids, salts and times are the same.

    `scanned` takes its scan parts along, for tests of what comes after.
    """
    (out / ".safehold").mkdir(parents=True, mode=0o700)
    shutil.copy2(source / ".safehold" / "run.json", out / ".safehold")
    if scanned:
        shutil.copytree(source / ".safehold" / "scan", out / ".safehold" / "scan")
    return out


def results(out: Path) -> dict[str, bytes]:
    """Everything that must not depend on interruptions, by name."""
    clean = [path for folder in sorted(out.glob("clean*")) for path in folder.rglob("*") if path.is_file()]
    proofs = [out / name for name in ("manifest.parquet", "SHA256SUMS", "summary.json", "card.html")]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in (*clean, *proofs)}


def leftovers(*folders: Path) -> list[str]:
    """Temporary files that somebody left."""
    names = [path.name for folder in folders for path in folder.rglob("*")]
    return [name for name in names if name.endswith((".tmp", ".purge"))]


def repeated_events(place: Place) -> list[tuple[str, str]]:
    """Events that the ledger holds twice; the ledger is verified on the way."""
    with place.open() as workshop:
        workshop.ledger.verify()
        told = [
            (one.event.kind, json.dumps(dict(one.event.details), sort_keys=True)) for one in workshop.ledger.events()
        ]
    return sorted({one for one in told if told.count(one) > 1})


def rows_of(out: Path) -> dict[str, dict[str, Any]]:
    """The manifest by record key; each row's gaps as a set of (detector, reason)."""
    rows = pq.read_table(out / "manifest.parquet").to_pylist()
    for row in rows:
        row["gaps"] = {(gap["detector"], gap["reason"]) for gap in row["gaps"]}
    return {row["record"].partition("#")[2]: row for row in rows}


@dataclass(frozen=True, slots=True)
class HereEngine:
    """Examine shards in this very process: for tests of what comes after, which need no child's half second."""

    def submit(
        self, shards: Sequence[Shard], settings: ScanSettings, *, tick: Callable[[int], object] = quietly
    ) -> Iterator[ShardScan]:
        for number, shard in enumerate(shards):
            tick(number)
            yield ShardScan(shard, scan_shard(shard, settings, announce=quietly))


HERE = HereEngine()


def safeguard(
    place: Place, sources: Iterable[Path], out: Path, *, engine: Engine | None = HERE, step: Step = no_step
) -> Outcome:
    """Scan, decide and apply in this process; with None for the engine, decode in children as ever."""
    with place.open() as workshop:
        order = ScanOrder(tuple(map(str, sources)), out)
        return scan(order, workshop.equipment(place.policy), engine=engine, step=step)
