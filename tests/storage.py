"""S3-compatible storage over loopback: moto's server, a stand-in for Amazon's and others'. It keeps all in memory.

What it shows is that the protocol is spoken as boto3 and moto understand it; durability and rights are the real one's.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from safehold.vault.bucket import Bucket

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "stand-in", "AWS_SECRET_ACCESS_KEY": "stand-in", "AWS_REGION": "us-east-1"}
"""Made up: moto takes any."""


@dataclass
class Storage:
    """A running server.

    Attributes:
        endpoint: its address.
    """

    endpoint: str
    _plain: list[Bucket] = field(default_factory=list)

    @cached_property
    def client(self) -> Any:
        """boto3's client; made once, since that takes a while."""
        import boto3

        names = {name.lower(): value for name, value in CREDENTIALS.items() if name != "AWS_REGION"}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name=CREDENTIALS["AWS_REGION"], **names)

    def place(self) -> Bucket:
        """Return a new prefix in a bucket that others have theirs in as well."""
        if not self._plain:
            self._plain.append(self.new_bucket())
        return replace(self._plain[0], prefix=secrets.token_hex(6))

    def new_bucket(self, *, is_versioned: bool = False, is_locked: bool = False) -> Bucket:
        """Make a bucket.

        Args:
            is_versioned: whether it keeps what is overwritten or deleted.
            is_locked: whether objects in it can be locked.
        """
        client, name = self.client, f"vault-{secrets.token_hex(6)}"
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=is_locked)
        if is_versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return Bucket(name, "some/prefix", self.endpoint, "us-east-1")


@contextmanager
def running() -> Iterator[Storage]:
    """Run the server while the block runs."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Storage(f"http://{host}:{port}")
    server.stop()
