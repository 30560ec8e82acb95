"""What a team builds with python-threatexchange: the same web server and event commit, its hashing and its index.

    python -m benchmarks._peer_gateway HOME PORT VALUES.npy

It decodes and hashes a picture with `pdq_from_bytes`, digests it, queries `PDQIndex`, and commits one event a check to
a ledger of a home, together with other threads as ours does. Nothing else of what ours does is done: no sandbox, no
other lists, no policy, no session.
"""

import base64
import hashlib
import sys
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes
from threatexchange.signal_type.pdq.pdq_index import PDQIndex

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.vocabulary import Event, SystemClock


class Item(BaseModel):
    """One picture."""

    kind: str
    data: str


class Asked(BaseModel):
    """A request of the same form as ours."""

    items: list[Item]


def make_app(index: PDQIndex, commits: GroupCommit) -> FastAPI:
    """Return the peer's app."""
    app = FastAPI()

    @app.post("/v1/checks")
    def check(asked: Asked) -> dict[str, object]:
        found = []
        for item in asked.items:
            data = base64.b64decode(item.data, validate=True)
            digests = [hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("sha256", "sha1", "md5")]
            value, _quality = pdq_from_bytes(data)
            found += index.query(value)
            event = Event("check.decided", "peer", details={"sha256": digests[0], "hits": len(found)})
            commits.run(lambda _: None, [event])
        return {"action": "hold" if found else "allow"}

    return app


def main() -> None:
    """Serve until killed."""
    folder, port, values = Path(sys.argv[1]), int(sys.argv[2]), np.load(sys.argv[3])
    index: PDQIndex = PDQIndex((row.tobytes().hex(), number) for number, row in enumerate(values))
    with Home.open(folder, SystemClock()) as home, GroupCommit(home.database, open_ledger(home)) as commits:
        uvicorn.run(make_app(index, commits), port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
