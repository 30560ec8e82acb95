"""The second half of ``make run``: serve the sample's home on this machine alone, and prove it through HTTP.

What is proved: a harmless prompt is allowed, and the built-in test signature, sent as a picture, is not.
"""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

PROMPT = "a lighthouse in the rain, watercolour"
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that runs.

    Attributes:
        process: of it.
        address: where it listens, without a path.
        key: an API key that may check.
    """

    process: "subprocess.Popen[str]"
    address: str
    key: str

    def check(self, item: Mapping[str, str]) -> Mapping[str, object]:
        """Return the answer to one item."""
        asked = urllib.request.Request(  # noqa: S310  # our own address on loopback
            f"{self.address}/v1/checks",
            json.dumps({"items": [item]}).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
            told: Mapping[str, object] = json.load(answer)
        return told


@contextmanager
def serving(safehold: Path, home: Path) -> Iterator[Serving]:
    """Serve a home on a free port of this machine while the block runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFEHOLD_")}
    called = [str(safehold), "--home", str(home)]
    made = subprocess.run(
        [*called, "key", "create", "sample", "--json"], stdout=subprocess.PIPE, text=True, check=True, env=kept
    )
    log = (home.parent / "service.log").open("w")
    process = subprocess.Popen(
        [*called, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=log, text=True, env=kept
    )
    try:
        told = process.stdout.readline() if process.stdout else ""
        if not told:
            sys.exit(f"error: the service did not start\n  what to do: read why in {log.name}")
        yield Serving(process, str(json.loads(told)["address"]), json.loads(made.stdout)["key"])
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)
        log.close()


def is_proved(service: Serving, signature: Path, console: Console) -> bool:
    """Check a prompt and the test signature through HTTP, and say what came of them."""
    picture = base64.b64encode(signature.read_bytes()).decode()
    prompt = service.check({"kind": "prompt", "text": PROMPT})
    known = service.check({"kind": "image", "data": picture})
    console.print(f"  checked a prompt: {prompt['action']}; the test signature as a picture: {known['action']}")
    return prompt["action"] == "allow" and known["action"] == "deny"


def tell(service: Serving, console: Console) -> None:
    """Print the addresses, the key and a line to try."""
    body = json.dumps({"items": [{"kind": "prompt", "text": PROMPT}]})
    console.print(f"\n[bold]The gateway serves this home at {service.address}[/], on this machine alone.")
    console.print(f"  API key          {service.key}", soft_wrap=True, highlight=False)
    console.print(f"  OpenAPI          {service.address}/openapi.json", soft_wrap=True)
    console.print(f"  report form      {service.address}/report", soft_wrap=True)
    console.print("  try it:", soft_wrap=True)
    line = (
        f"curl -s {service.address}/v1/checks -H 'Authorization: Bearer {service.key}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )
    console.print(f"  {line}\n", soft_wrap=True, markup=False)
