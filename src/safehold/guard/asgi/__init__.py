"""Before a web app: what its routes are sent is checked first, and what they answer before it leaves.

What enters is any ASGI 3 app with a guard and a description of its routes; what leaves is an ASGI app. What a route
takes or gives and its description does not explain is refused.

    app.add_middleware(
        GuardMiddleware,
        guard=AsyncGuard.over_http(url, key),
        routes=[GuardedRoute("/generate", takes=[Part("prompt", ItemKind.PROMPT)],
                             gives=[Part("images[*]", ItemKind.OUTPUT_IMAGE)])],
    )
"""

from safehold.guard.asgi.middleware import GuardMiddleware
from safehold.guard.asgi.refusal import Refused, Reply, problem
from safehold.guard.asgi.route import BodyLimits, GuardedRoute
from safehold.guard.asgi.selection import Part

__all__ = ["BodyLimits", "GuardMiddleware", "GuardedRoute", "Part", "Refused", "Reply", "problem"]
