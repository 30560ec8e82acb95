"""A source behind an address is read over the network by the children, and gives what the same file gives locally."""

import http.server
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.functional.datasets.builders import Place, captioned, plain_records, write_tar

from safehold.datasets.orders import Outcome, ScanOrder
from safehold.datasets.safeguard import scan

pytest.importorskip("aiohttp")


class RangeServer(http.server.SimpleHTTPRequestHandler):
    """Serve files by ranges, as object stores do."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Keep quiet."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            super().do_GET()
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2] or size - 1), size - 1) if asked else size - 1
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
        self.send_header("Content-Length", str(last - first + 1))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        self.wfile.write(path.read_bytes()[first : last + 1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(RangeServer, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(place: Place, source: str, name: str) -> Outcome:
    with place.open() as workshop:
        return scan(ScanOrder((source,), place.root / name), workshop.equipment(place.policy))


def test_a_folder_behind_an_address_ends_as_the_same_one_on_disk_does(place: Place, served: tuple[Path, str]) -> None:
    folder, address = served
    write_tar(folder / "00000.tar", {**plain_records(4), "empty": captioned(7) | {"jpg": b""}})
    remote = run(place, address, "remote")
    local = run(place, str(folder), "local")
    assert remote.summary["records"] == local.summary["records"]
    assert remote.summary["records"]["hold"] == 1
    clean = [place.root / name / "clean" / "00000.tar" for name in ("remote", "local")]
    assert clean[0].read_bytes() == clean[1].read_bytes()
