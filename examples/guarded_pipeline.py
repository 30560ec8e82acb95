"""A pipeline in the manner of diffusers, asked through Safehold: no picture is returned before it was checked.

The pipeline is a stand-in that draws plain pictures; with diffusers, give `GuardedPipeline` yours. The picture that is
refused here is the built-in test signature, which every home lists and which shows nothing.

    python examples/guarded_pipeline.py
"""

import io
from types import SimpleNamespace

from PIL import Image

from safehold import Guard
from safehold.guard import RefusedError
from safehold.guard.pipelines import GuardedPipeline, OnRefusal
from safehold.media.signature_picture import test_signature_png


class StandInPipeline:
    """Draws one picture for each prompt; what is called "the test signature" becomes just that."""

    def __call__(self, prompt: str | list[str], image: Image.Image | None = None) -> SimpleNamespace:
        """Return an object whose `images` are as many as the prompts."""
        prompts = [prompt] if isinstance(prompt, str) else prompt
        return SimpleNamespace(images=[self._drawn(words, image) for words in prompts])

    def _drawn(self, words: str, image: Image.Image | None) -> Image.Image:
        if words == "the test signature":
            return Image.open(io.BytesIO(test_signature_png()))
        return image or Image.effect_mandelbrot((256, 256), (-2.0, -1.2, 1.0, 1.2), 40 + len(words)).convert("RGB")


def show(guard: Guard) -> None:
    """Ask for a harmless picture, for one that is listed, and for an edit of that."""
    pipe = GuardedPipeline(StandInPipeline(), guard)
    print("a lighthouse:", pipe(prompt="a lighthouse").images[0].size)  # noqa: T201
    for arguments in (
        {"prompt": "the test signature"},
        {"prompt": "bluer", "image": Image.open(io.BytesIO(test_signature_png()))},
    ):
        try:
            pipe(**arguments)
        except RefusedError as error:
            print(f"{arguments['prompt']}:", error.result.action.value, error.result.message_key)  # noqa: T201
    lenient = GuardedPipeline(StandInPipeline(), guard, on_refusal=OnRefusal.PLACEHOLDER)
    images = lenient(prompt=["a lighthouse", "the test signature"]).images
    print("with placeholders:", [len(picture.getcolors(65536) or ()) > 1 for picture in images])  # noqa: T201


if __name__ == "__main__":
    with Guard.in_process() as opened:
        show(opened)
