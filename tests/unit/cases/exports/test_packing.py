"""The package of an export: the same tar as any, yielded piece by piece, and let go of on the way."""

import io
import tarfile

import pytest

from safehold.cases.exports.packing import Package


def _usual(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size, header.mode = len(data), 0o600
            archive.addfile(header, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    "sizes", [(), (0,), (1, 511, 512, 513), (10_240 - 2048,), (10_240 - 2047,), (40_000, 0, 7), (9_216 - 512,)]
)
def test_a_package_is_the_tar_that_anybody_else_would_make(sizes: tuple[int, ...]) -> None:
    files = {f"content/item_{number}/data": b"r" * size for number, size in enumerate(sizes)}
    package = Package(dict(files))
    size = package.tar_size()
    made = b"".join(package.take_tar())
    assert made == _usual(files)
    assert len(made) == size


def test_what_was_taken_of_a_package_is_not_kept() -> None:
    package = Package({f"content/item_{number}/data": b"r" * 5000 for number in range(4)})
    left = [len(package.files) for _part in package.take_tar()]
    assert left == [3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0]
