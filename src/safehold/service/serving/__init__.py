"""Serving: the service as processes that listen, restart what dies, and end in order.

Options and a home enter; the exit code of `safehold serve` leaves. Nothing here knows what is answered.
"""

from safehold.service.serving.listening import address_of, listen
from safehold.service.serving.options import Role, ServeOptions, require_safe
from safehold.service.serving.serve import serve
from safehold.service.serving.supervisor import Part

__all__ = ["Part", "Role", "ServeOptions", "address_of", "listen", "require_safe", "serve"]
