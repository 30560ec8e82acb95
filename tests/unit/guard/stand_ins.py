"""Stand-ins for diffusers' pipelines and torch's tensors: they draw plain pictures and generate nothing."""

import functools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image


def picture(colour: str | Sequence[int] = "green", size: tuple[int, int] = (8, 6)) -> Image.Image:
    return Image.new("RGB", size, colour if isinstance(colour, str) else tuple(colour))


class Tensor:
    """Behaves as torch's tensors do, as far as anybody here asks."""

    def __init__(self, values: Any, *, device: str = "cuda") -> None:
        self.values = np.asarray(values)
        self.device = device

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> str:
        return f"torch.{self.values.dtype}"

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return Tensor(self.values, device="cpu")

    def float(self) -> "Tensor":
        return Tensor(self.values.astype(np.float32), device=self.device)

    def clone(self) -> "Tensor":
        return Tensor(self.values.copy(), device=self.device)

    def numpy(self) -> Any:
        if self.device != "cpu":
            raise TypeError("can't convert a tensor of another device")
        return self.values

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]

    def __setitem__(self, place: Any, value: Any) -> None:
        self.values[place] = value


@dataclass
class PipelineOutput(OrderedDict):  # type: ignore[type-arg]
    """As diffusers' outputs are: an object and a mapping at once."""

    images: Any
    nsfw_content_detected: Any = None

    def __post_init__(self) -> None:
        for field in fields(self):
            super().__setitem__(field.name, getattr(self, field.name))

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self:
            super().__setitem__(name, value)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        super().__setattr__(name, value)


def no_grad(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return called


class Pipeline:
    """Draws what it is told to, and remembers what it was called with.

    Attributes:
        made: what the next call gives; by default one green picture for each prompt.
        calls: arguments of every call that came through.
    """

    def __init__(self, made: Any = None) -> None:
        self.made = made
        self.calls: list[dict[str, Any]] = []
        self.device = "cpu"
        self.scheduler = SimpleNamespace(steps=20)
        self.unet = Unet()

    @no_grad
    def __call__(  # noqa: PLR0917  # as diffusers' have them
        self,
        prompt: Any = None,
        image: Any = None,
        num_inference_steps: int = 2,
        negative_prompt: Any = None,
        latents: Any = None,
        prompt_embeds: Any = None,
        output_type: str = "pil",
        return_dict: bool = True,
        callback_on_step_end: Any = None,
        callback: Any = None,
        **more: Any,
    ) -> Any:
        given = {name: value for name, value in locals().items() if name not in {"self", "more"} and value is not None}
        self.calls.append(given | more)
        for step in range(num_inference_steps):
            if callback_on_step_end is not None:
                told = callback_on_step_end(self, step, 1.0, {"latents": Tensor(np.zeros((1, 4, 2, 2)))})
                assert "latents" in told
            if callback is not None:
                callback(step, 1.0, Tensor(np.zeros((1, 4, 2, 2))))
        images = self.made if self.made is not None else [picture() for _ in np.atleast_1d(prompt)]
        return PipelineOutput(images, [False]) if return_dict else (images, [False])

    def to(self, device: str) -> "Pipeline":
        self.device = device
        return self

    def copied(self) -> "Pipeline":
        return Pipeline(self.made)

    def upscale(self, image: Image.Image) -> Any:
        return [image.resize((16, 12))]

    def encode_prompt(self, prompt: str) -> Any:
        return np.zeros((1, len(prompt), 4))


class Unet:
    """A part of a pipeline that can be called itself."""

    training = False

    def __call__(self, value: Any) -> Any:
        return value
