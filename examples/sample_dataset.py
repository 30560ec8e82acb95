"""A small, harmless, varied dataset with known things planted in it, and the list of what must become of each record.

Three sources that are one training mix: WebDataset shards, a folder of pictures with captions, and a Parquet file.
Everything is generated; the listed hashes are those of generated pictures. Below ``out``:

    web/00000.tar ...   folder/   table/part-0.parquet   listed.csv   planted.json

    python examples/sample_dataset.py OUT
"""

import csv
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from pictures import EXTENSIONS, bomb, encode, picture, rich_picture, video
from safehold.media.signature_picture import test_signature_png
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

SHARDS = 4
PER_SHARD = 40
IN_FOLDER = 60
IN_TABLE = 60
LISTED_SEED = 90_001  # the pictures whose PDQ values are listed; none of them is among the ordinary ones
LISTED_PICTURES = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One record to be written, and what must become of it.

    Attributes:
        data: the bytes of its picture, video or other member.
        extension: of that member.
        caption: its text; bytes where the text is broken on purpose.
        action: what the sample policy must do: "allow", "hold" or "deny".
        because: a word that must stand in its findings, gaps or rules; "" where nothing may have been found.
        fields: further fields of its sidecar.
    """

    data: bytes
    extension: str
    caption: str | bytes
    action: str = "allow"
    because: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def only_in_tar(self) -> bool:
        """Whether a folder of pictures or a table can't hold this record."""
        return bool(self.fields) or isinstance(self.caption, bytes) or self.extension in {"mp4", "blob"}

    @property
    def caption_bytes(self) -> bytes:
        """The caption as it is stored."""
        return self.caption if isinstance(self.caption, bytes) else self.caption.encode()


@dataclass(frozen=True, slots=True)
class Planted:
    """What must become of one written record."""

    source: int
    key: str
    action: str
    because: str


def ordinary(count: int, first_seed: int) -> Iterator[Item]:
    """Yield ordinary records: every kind of picture, in every form."""
    forms = list(EXTENSIONS)
    for number in range(first_seed, first_seed + count):
        form = forms[number % len(forms)]
        image = picture(number, side=(256, 320, 420)[number % 3])
        yield Item(encode(image, form), EXTENSIONS[form], f"generated picture number {number}")


def signatures() -> Iterator[Item]:
    """Yield the test signature: its exact bytes, and copies that only PDQ can know again."""
    exact = test_signature_png()
    image = Image.open(io.BytesIO(exact)).convert("RGB")
    smaller = image.resize((image.width * 2 // 3, image.height * 2 // 3), Image.Resampling.LANCZOS)
    yield Item(exact, "png", "the test signature", "deny", "sha256")
    yield Item(exact, "jpg", "the test signature under a wrong extension", "deny", "sha256")
    yield Item(encode(image, "jpeg", quality=70), "jpg", "the test signature, encoded again", "hold", "pdq")
    yield Item(encode(smaller, "webp"), "webp", "the test signature, smaller", "hold", "pdq")
    moving = video([rich_picture(LISTED_SEED + 50, image.width), image])
    if moving is not None:
        yield Item(moving, "mp4", "the test signature in a video", "hold", "pdq")


def listed_pictures() -> list[Image.Image]:
    """Return the pictures whose PDQ values are in the made-up list."""
    return [rich_picture(LISTED_SEED + number) for number in range(LISTED_PICTURES)]


def near_copies() -> Iterator[Item]:
    """Yield copies of the listed pictures in forms that usual tools miss."""
    forms = ("jpeg", "progressive", "cmyk", "palette", "alpha", "rotated", "animated", "grey")
    for image, form in zip(listed_pictures(), forms, strict=True):
        yield Item(encode(image, form, quality=72), EXTENSIONS[form], f"a near copy ({form})", "hold", "pdq")


def exact_copies() -> list[Item]:
    """Return records whose own bytes, or whose original bytes by their sidecar's word, are listed by digest."""
    original = encode(rich_picture(LISTED_SEED + 70), "png")
    stored = encode(picture(LISTED_SEED + 71), "jpeg")
    return [
        Item(encode(picture(LISTED_SEED + 61), "jpeg"), "jpg", "listed by SHA-256", "deny", "sha256"),
        Item(encode(picture(LISTED_SEED + 62), "png"), "png", "listed by MD5", "deny", "md5"),
        Item(encode(picture(LISTED_SEED + 63), "webp"), "webp", "listed by SHA-1", "deny", "sha1"),
        Item(stored, "jpg", "its original is listed", "deny", "md5", {"md5": hashlib.md5(original).hexdigest()}),  # noqa: S324
    ]


def broken() -> Iterator[Item]:
    """Yield what can't be examined as a whole."""
    whole = encode(picture(50_001), "jpeg")
    yield Item(whole[: len(whole) // 2], "jpg", "a truncated file", "hold", "truncated")
    yield Item(bomb(), "png", "a bomb", "hold", "over_limit")
    yield Item(b"", "jpg", "an empty file", "hold", "empty")
    yield Item(b"\x00\x01 not a picture at all" * 40, "jpg", "not a picture", "hold", "unknown_kind")
    yield Item(b"\x7fsome bytes of a kind nobody knows" * 9, "blob", "an unknown member", "hold", "unknown_kind")
    yield Item(encode(picture(50_002), "png"), "png", b"a caption that is not UTF-8: \xff\xfe\xe9", "hold", "not_text")


def concepts() -> Iterator[Item]:
    """Yield captions with the two neutral stand-in concepts that the sample policy keeps apart."""
    pictures = (encode(picture(60_000 + number), "jpeg") for number in range(10))
    for caption, action, because in (
        ("A red cube beside a blue ball", "hold", "within-record"),
        ("RED  CUBE and Blue Ball on a table", "hold", "within-record"),
        ("a red cube on a shelf", "deny", "red_cube"),
        ("a redcube toy", "deny", "red_cube"),
        ("a blue ball in the garden", "allow", ""),
        ("a blueball game", "allow", ""),
        ("a red ball and a blue cube", "allow", ""),
        ("the hundred cubers met a ballroom band", "allow", ""),
    ):
        yield Item(next(pictures), "jpg", caption, action, because)


def everything() -> tuple[list[Item], list[Item], list[Item]]:
    """Return the records of the three sources, the planted ones spread among the ordinary ones."""
    planted = [*signatures(), *near_copies(), *exact_copies(), *broken(), *concepts()]
    counts = (SHARDS * PER_SHARD, IN_FOLDER, IN_TABLE)
    needs_sidecar = [item for item in planted if item.only_in_tar]
    anywhere = [item for item in planted if item not in needs_sidecar]
    shares = (needs_sidecar + anywhere[0::2], anywhere[1::4], anywhere[3::4])
    mixed = []
    for number, (count, share) in enumerate(zip(counts, shares, strict=True)):
        items = list(ordinary(count - len(share), 1_000 * (number + 1)))
        step = max(1, count // (len(share) + 1))
        for place, item in enumerate(share):
            items.insert(place * step, item)
        mixed.append(items)
    return mixed[0], mixed[1], mixed[2]


def write_web(folder: Path, items: Sequence[Item]) -> Iterator[Planted]:
    """Write WebDataset shards with fixed dates and owners, so that the same items give the same bytes."""
    folder.mkdir(parents=True)
    for shard in range(SHARDS):
        with tarfile.open(folder / f"{shard:05d}.tar", "w", format=tarfile.PAX_FORMAT) as tar:
            for number in range(shard * PER_SHARD, min((shard + 1) * PER_SHARD, len(items))):
                item, key = items[number], f"{number:09d}"
                _add(tar, f"{key}.{item.extension}", item.data)
                _add(tar, f"{key}.txt", item.caption_bytes)
                sidecar = {"key": key, "url": f"https://pictures.example/{key}", **item.fields}
                _add(tar, f"{key}.json", json.dumps(sidecar).encode())
                yield Planted(1, key, item.action, item.because)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mtime = 1_700_000_000
    tar.addfile(member, io.BytesIO(data))


def write_folder(folder: Path, items: Sequence[Item]) -> Iterator[Planted]:
    """Write pictures with a caption file beside each."""
    for number, item in enumerate(items):
        stem = f"{'abc'[number % 3]}/{number:04d}"
        target = folder / f"{stem}.{item.extension}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(item.data)
        target.with_suffix(".txt").write_bytes(item.caption_bytes)
        yield Planted(2, f"{stem}.{item.extension}", item.action, item.because)


def write_table(folder: Path, items: Sequence[Item]) -> Iterator[Planted]:
    """Write a Parquet file with the bytes of each picture, in two row groups."""
    folder.mkdir(parents=True)
    table = pa.table(
        {
            "image": [{"bytes": item.data, "path": f"{number}.{item.extension}"} for number, item in enumerate(items)],
            "caption": [str(item.caption) for item in items],
            "url": [f"https://pictures.example/table/{number}" for number in range(len(items))],
        }
    )
    pq.write_table(table, folder / "part-0.parquet", row_group_size=32, compression="none")
    for number, item in enumerate(items):
        yield Planted(3, str(number), item.action, item.because)


def write_list(target: Path) -> None:
    """Write the made-up hash list, in the form that ``safehold bank import`` reads."""
    sha256, md5, sha1, sidecar = exact_copies()
    rows = [
        ("sha256", hashlib.sha256(sha256.data).hexdigest(), "exact copy"),
        ("md5", hashlib.md5(md5.data).hexdigest(), "exact copy"),  # noqa: S324
        ("sha1", hashlib.sha1(sha1.data).hexdigest(), "exact copy"),  # noqa: S324
        ("md5", sidecar.fields["md5"], "original of a stored picture"),
    ]
    for image in listed_pictures():
        (print_,) = pdq(np.asarray(image.convert("L")), {PdqFlavour.FULL})
        rows.append(("pdq", print_.value.hex(), "near copy"))
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("algorithm", "value", "note", "source_id"))
        writer.writerows((*row, f"made-up-{number}") for number, row in enumerate(rows))


def make(out: Path) -> list[Planted]:
    """Write the sample below ``out``, which must be new or empty, and return what was planted."""
    out.mkdir(parents=True, exist_ok=True)
    web, folder, table = everything()
    planted = [
        *write_web(out / "web", web),
        *write_folder(out / "folder", folder),
        *write_table(out / "table", table),
    ]
    write_list(out / "listed.csv")
    (out / "planted.json").write_text(json.dumps([asdict(record) for record in planted], indent=1))
    return planted


if __name__ == "__main__":
    sys.stdout.write(f"{len(make(Path(sys.argv[1])))} records\n")
