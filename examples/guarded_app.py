"""A small image service with Safehold before it: prompts and uploads are checked first, pictures before they leave.

The model is a stand-in that draws a plain picture; put your own in `draw`.

    python examples/guarded_app.py                    # decides in this process, on SAFEHOLD_HOME
    SAFEHOLD_URL=… SAFEHOLD_KEY=… python examples/guarded_app.py      # asks a service

    curl -s localhost:8080/generate -H 'content-type: application/json' -d '{"prompt": "a lighthouse"}'
    curl -s localhost:8080/edit -F prompt=bluer -F image=@picture.png -o edited.png
"""

import base64
import io
import os
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Form, Response, UploadFile
from PIL import Image, ImageDraw
from pydantic import BaseModel

from safehold.guard import AsyncGuard, ItemKind
from safehold.guard.asgi import GuardedRoute, GuardMiddleware, Part

ROUTES = [
    GuardedRoute(
        "/generate",
        takes=[Part("prompt", ItemKind.PROMPT)],
        gives=[Part("images[*].b64_json", ItemKind.OUTPUT_IMAGE)],
    ),
    GuardedRoute(
        "/edit", takes=[Part("image", ItemKind.SOURCE_IMAGE), Part("prompt", ItemKind.PROMPT)], gives_body=True
    ),
]


class Wanted(BaseModel):
    """What a client asks for."""

    prompt: str


def draw(prompt: str, source: bytes = b"") -> bytes:
    """Return a picture as PNG: a colour that depends on what was asked."""
    shade = sum(prompt.encode()) % 256
    plain = Image.new("RGB", (256, 256), (shade, 90, 160))
    picture = Image.open(io.BytesIO(source)).convert("RGB") if source else plain
    ImageDraw.Draw(picture).ellipse((80, 80, 176, 176), fill=(160, shade, 90))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def make_app(guard: AsyncGuard) -> FastAPI:
    """Return the service; nothing in it knows of Safehold but the last line but one."""
    app = FastAPI()

    @app.post("/generate")
    async def generate(wanted: Wanted) -> dict[str, list[dict[str, str]]]:
        return {"images": [{"b64_json": base64.b64encode(draw(wanted.prompt)).decode()}]}

    @app.post("/edit")
    async def edit(image: UploadFile, prompt: Annotated[str, Form()]) -> Response:
        return Response(draw(prompt, await image.read()), media_type="image/png")

    app.add_middleware(GuardMiddleware, guard=guard, routes=ROUTES)
    return app


def guard_of_environment() -> AsyncGuard:
    """Return a guard that asks the service that the environment names, or decides here where it names none."""
    url = os.environ.get("SAFEHOLD_URL")
    return AsyncGuard.over_http(url, os.environ["SAFEHOLD_KEY"]) if url else AsyncGuard.in_process()


if __name__ == "__main__":
    uvicorn.run(make_app(guard_of_environment()), host="127.0.0.1", port=8080)
