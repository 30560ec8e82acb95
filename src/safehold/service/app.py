"""The gateway's ASGI app: the views put together. Which of them there are is said here and nowhere else."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from safehold import __version__
from safehold.service.context import Service
from safehold.service.problem import listen_for_problems


def make_app(service: Service, *, extra: Sequence[APIRouter] = ()) -> FastAPI:
    """Return the app that answers machines.

    Args:
        service: what its views work with.
        extra: further views.
    """
    app = FastAPI(
        title="Safehold gateway",
        version=__version__,
        description="Check every prompt, input and output of a generative service.",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.service = service
    listen_for_problems(app)
    for router in extra:
        app.include_router(router)
    return app
