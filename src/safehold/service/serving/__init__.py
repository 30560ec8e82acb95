"""Serving: the service as processes that listen, restart what dies, and end in order.

Options and a home enter; the exit code of `safehold serve` leaves. Nothing here knows what is answered.
"""

from safehold.service.serving.options import Role, ServeOptions
from safehold.service.serving.serve import serve

__all__ = ["Role", "ServeOptions", "serve"]
