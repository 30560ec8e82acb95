"""The second half of ``make run``: serve the sample's home on this machine alone, and prove it through HTTP.

What is proved: a harmless prompt is allowed; the built-in test signature, sent as a picture, is not; what people of the
sample send becomes cases that wait in the console.
"""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
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
        console: the address of the console, without a path.
        login: the console's first user and their one-time password.
    """

    process: "subprocess.Popen[str]"
    address: str
    key: str
    console: str
    login: tuple[str, str]

    def check(self, item: Mapping[str, str], **context: str) -> Mapping[str, object]:
        """Return the answer to one item."""
        return self.post("/v1/checks", {"items": [item], **context})

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """Send something, and return the answer."""
        asked = urllib.request.Request(  # noqa: S310  # our own address on loopback
            self.address + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
            told: Mapping[str, object] = json.load(answer)
        return told


@contextmanager
def serving(safehold: Path, home: Path) -> Iterator[Serving]:
    """Serve a home and its console on free ports of this machine while the block runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFEHOLD_")}
    called = [str(safehold), "--home", str(home)]
    review_key = home.parent / "review.key"
    _said([*called, "vault", "review-key", "--out", str(review_key)], kept)
    key = _said([*called, "key", "create", "sample", "--scope", "check", "--scope", "report"], kept)["key"]
    with (home.parent / "service.log").open("w") as log:
        process = subprocess.Popen(
            [*called, "serve", "--port", "0", "--console-port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**kept, "SAFEHOLD_REVIEW_KEY": str(review_key)},
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                sys.exit(f"error: the service did not start\n  what to do: read why in {log.name}")
            told = json.loads(line)
            way_in = told["console"]
            login = (way_in["user"], way_in["one_time_password"])
            yield Serving(process, told["address"], str(key), way_in["address"], login)
        finally:
            process.terminate()
            process.communicate(timeout=_PATIENCE_SECONDS)  # reads the rest and closes the pipe


def _said(command: Sequence[str], environment: Mapping[str, str]) -> Mapping[str, object]:
    """Run a command, and return what it says."""
    done = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, text=True, check=True, env=environment)
    said: Mapping[str, object] = json.loads(done.stdout)
    return said


def send(service: Serving, signature: Path, look_alike: Path) -> None:
    """Send what people of the sample send: the same picture three times, one that only looks alike, and a report."""
    picture = {"kind": "image", "data": _base64(signature)}
    for turn in range(3):
        service.check(picture, account="sample-17", session=f"s-{turn}", model="sample-model")
    service.check({"kind": "image", "data": _base64(look_alike)}, account="sample-23", model="sample-model")
    service.post("/v1/reports", {"category": "other", "target": "generation", "reference": "gen-17"})


def has_cases(safehold: Path, home: Path, console: Console) -> bool:
    """Say what waits in the console, and return whether requests, reports and the dataset brought it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFEHOLD_")}
    cases = _said([str(safehold), "--home", str(home), "case", "list"], kept)["cases"]
    queues = [case["queue"] for case in cases] if isinstance(cases, list) else []
    console.print(f"  waiting in the console: {len(queues)} cases ({', '.join(sorted(set(queues)))})")
    return {"datasets", "gateway", "reports"} <= set(queues)


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def is_proved(service: Serving, signature: Path, console: Console) -> bool:
    """Check a prompt and the test signature through HTTP, and say what came of them."""
    prompt = service.check({"kind": "prompt", "text": PROMPT})
    known = service.check({"kind": "image", "data": _base64(signature)})
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
    user, password = service.login
    console.print(f"[bold]The console is at {service.console}[/], for people.")
    console.print(f"  sign in as       {user}, once, with {password}", soft_wrap=True, highlight=False)
    console.print("  then make users  with the roles reviewer, specialist, quality_lead ... and sign in as them\n")
