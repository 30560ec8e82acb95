"""A decoding child that opens what it is sent and tells what came of it: the program behind the hostile vectors."""

import base64
import json
import resource
from pathlib import Path

from safehold.media import Limits, MediaError, open_image, open_video
from safehold.media.sandbox import Announce, Request, serve


def _peak_bytes() -> int:
    """The most memory this program ever held; `getrusage` also counts what the parent held when it made this child."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def open_one(request: Request, announce: Announce) -> bytes:
    """Answer as JSON: places of the frames, reason of the error, and the most memory used in bytes."""
    announce(0)
    data = base64.b64decode(str(request["data"]))
    opener = open_video if request.get("kind") == "video" else open_image
    places, reason = [], ""
    try:
        places.extend(frame.place for frame in opener(data, Limits()))
    except MediaError as error:
        reason = error.reason.value
    peak = _peak_bytes()
    return json.dumps({"places": places, "reason": reason, "peak": peak}).encode()


if __name__ == "__main__":
    serve({"open": open_one})
