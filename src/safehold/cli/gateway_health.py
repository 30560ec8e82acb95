"""How the gateway's parts are, for ``safehold doctor``: the policy in force, and every classifier elsewhere."""

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from safehold.cli.health import Examined, Health

if TYPE_CHECKING:
    from safehold.classification.remote import Endpoint, RemoteReading
    from safehold.wiring import Workshop

_HARMLESS = "a red cube"


def gateway_parts(workshop: "Workshop") -> Iterator[Examined]:
    """Yield how the gateway's parts are; each classifier elsewhere is asked one harmless question.

    Raises:
        SafeholdError: a policy, or the file of classifiers elsewhere, can't be used.
    """
    from safehold.gateway.lifecycle import LivePolicies, PolicyStore
    from safehold.wiring.gateway import own_policy, remote_classifiers

    home = workshop.home
    force = LivePolicies(home.database, own_policy(workshop.settings)).current()
    active = PolicyStore(home.database, workshop.ledger, home.clock).active()
    alone = active is not None and active.is_single_operator
    notes = [
        f"{force.active.name}@{force.active.version} in force",
        *([f"{force.shadow.name}@{force.shadow.version} in shadow"] if force.shadow else []),
        *(["approved by a single operator"] if alone else []),
    ]
    yield Examined("gateway policy", Health.GOOD, ", ".join(notes))
    for endpoint in remote_classifiers(workshop, os.environ):
        yield _asked(endpoint)
        endpoint.close()


def _asked(endpoint: "Endpoint") -> Examined:
    reading = _reading(endpoint)
    part = f"classifier elsewhere: {endpoint.name}"
    if reading.failure is None:
        return Examined(part, Health.GOOD, f"{reading.version} answers")
    needed = "required" if endpoint.is_required else "not required"
    return Examined(part, Health.FAILED, f"{reading.failure.value}, {needed}; see docs/remote-classifiers.md")


def _reading(endpoint: "Endpoint") -> "RemoteReading":
    from PIL import Image

    from safehold.classification.remote import Said
    from safehold.vocabulary import MediaKind

    if MediaKind.TEXT in endpoint.reads:
        return endpoint.read_text((Said("user", _HARMLESS),))
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    return endpoint.read_image(picture.getvalue())
