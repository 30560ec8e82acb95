"""A guarded pipeline: nothing enters that was refused or can't be read, and no picture leaves before it was checked."""

import copy
import inspect
import io
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.guard.stand_ins import Pipeline, PipelineOutput, Tensor, Unet, picture

from safehold.gateway.sandbox import Fault, SandboxChecks
from safehold.guard import Action, Context, Guard, GuardOptions, GuardSetupError, Refusal, RefusedError
from safehold.guard.pipelines import GuardedPipeline, InputRules, OnRefusal
from safehold.guard.pipelines.pictures import encoded

RED = (200, 30, 30)
TABLE: dict[str | bytes, Action] = {"red cube": Action.DENY, encoded(picture(RED))[0]: Action.DENY}


class Studio:
    """A pipeline behind a guard, and what the guard was asked."""

    def __init__(self, made: Any = None, **options: Any) -> None:
        self.raw = Pipeline(made)
        self.checks = SandboxChecks(TABLE)
        guard = Guard.around(self.checks, options=GuardOptions(attempts=1))
        self.pipe = GuardedPipeline(self.raw, guard, **options)

    @property
    def asked(self) -> list[list[str]]:
        return [[item.kind.value for item in request.items] for request, _ in self.checks.asked]


def test_prompts_are_checked_before_and_pictures_after_and_the_output_is_the_pipelines_own() -> None:
    studio = Studio()
    output = studio.pipe(prompt="a green cone", negative_prompt="blur", guidance_scale=7.5)
    assert isinstance(output, PipelineOutput)
    assert output.images[0].getpixel((0, 0)) == (0, 128, 0)
    assert studio.asked == [["prompt", "negative_prompt"], ["output_image"]]
    assert studio.raw.calls[0]["guidance_scale"] == 7.5


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompt": "a red cube"},
        {"prompt": ["a cone", "a red cube"]},
        {"prompt": "a cone", "negative_prompt": "a red cube"},
        {"prompt": "a cone", "prompt_2": "a red cube"},
        {"prompt": "a cone", "style": {"caption": "a red cube"}},
        {"prompt": "a cone", "image": picture(RED)},
        {"prompt": "a cone", "image": [picture(), picture(RED)]},
        {"prompt": "a cone", "image": np.asarray(picture(RED))},
        {"prompt": "a cone", "image": np.asarray(picture(RED))[None] / 255},
        {"prompt": "a cone", "image": Tensor(np.moveaxis(np.asarray(picture(RED)), -1, 0)[None] / 127.5 - 1)},
        {"prompt": "a cone", "control_image": picture(RED)},
        {"prompt": "a cone", "mask_image": picture(RED)},
    ],
    ids=" ".join,
)
def test_what_is_refused_never_reaches_the_pipeline(arguments: dict[str, Any]) -> None:
    studio = Studio(on_refusal=OnRefusal.PLACEHOLDER)
    with pytest.raises(RefusedError) as raised:
        studio.pipe(**arguments)
    assert raised.value.result.refusal is Refusal.POLICY
    assert studio.raw.calls == []


def test_a_source_picture_and_its_instruction_are_checked_as_one() -> None:
    studio = Studio()
    studio.pipe("bluer", picture("blue"), mask_image=Image.new("L", (8, 6)))
    assert studio.asked[0] == ["source_image", "image", "prompt"]


@pytest.mark.parametrize("arguments", [("a red cube",), ("a cone", picture(RED))])
def test_arguments_by_place_are_checked_too(arguments: Sequence[Any]) -> None:
    studio = Studio()
    with pytest.raises(RefusedError):
        studio.pipe(*arguments)
    assert studio.raw.calls == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompt_embeds": Tensor(np.zeros((1, 7, 4)))},
        {"negative_prompt_embeds": np.zeros((1, 7, 4))},
        {"latents": Tensor(np.zeros((1, 4, 2, 2)))},
        {"ip_adapter_image_embeds": [np.zeros((1, 7, 4))]},
        {"image": "https://pictures.example/1.png"},
        {"image": Path("picture.png")},
        {"image": b"bytes"},
        {"reference": b"bytes"},
        {"image": np.full((4, 4, 3), np.nan)},
        {"image": np.full((4, 4, 3), 300.0)},
        {"image": np.zeros((4, 4, 5))},
        {"image": np.zeros((0, 4, 3))},
        {"image": np.array([["a", "b"]])},
        {"image": SimpleNamespace(data=1)},
        {"prompt": SimpleNamespace(text="a red cube")},
        {"output_type": "latent"},
    ],
    ids=" ".join,
)
def test_what_can_not_be_read_is_refused(arguments: dict[str, Any]) -> None:
    studio = Studio()
    with pytest.raises(RefusedError) as raised:
        studio.pipe(**{"prompt": "a cone", **arguments})
    assert raised.value.result.refusal is Refusal.UNEXAMINED
    assert studio.raw.calls == []


def test_an_operator_may_let_named_arguments_in() -> None:
    studio = Studio(rules=InputRules(unexamined=frozenset({"latents", "prompt_embeds"})))
    studio.pipe(prompt_embeds=Tensor(np.zeros((1, 7, 4))), latents=Tensor(np.zeros((1, 4, 2, 2))))
    assert studio.asked == [["output_image"]]


def stacked(*colours: Any) -> np.ndarray[Any, Any]:
    return np.stack([np.asarray(picture(colour)) for colour in colours])


OUTPUTS: dict[str, Any] = {
    "pictures": lambda: [picture(), picture(RED), picture("blue")],
    "an array": lambda: stacked("green", RED, "blue"),
    "an array of fractions": lambda: (stacked("green", RED, "blue") / 255).astype(np.float32),
    "a tensor": lambda: Tensor(np.moveaxis(stacked("green", RED, "blue"), -1, 1) / 255),
    "a clip": lambda: [[picture(), picture(RED), picture("blue")]],
    "a clip as a tensor": lambda: Tensor(np.moveaxis(stacked("green", RED, "blue"), -1, 1)[None] / 255),
}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("return_dict", [True, False])
def test_a_refused_picture_raises_or_becomes_grey_and_the_others_stay(name: str, return_dict: bool) -> None:
    studio = Studio(OUTPUTS[name]())
    with pytest.raises(RefusedError) as raised:
        studio.pipe(prompt="a cone", return_dict=return_dict)
    assert raised.value.result.refusal is Refusal.POLICY
    lenient = Studio(OUTPUTS[name](), on_refusal=OnRefusal.PLACEHOLDER)
    output = lenient.pipe(prompt="a cone", return_dict=return_dict)
    images = output.images if return_dict else output[0]
    if return_dict:
        assert output["images"] is images
    held = images[0] if name == "a clip" else images
    shown = [Image.open(io.BytesIO(data)) for value in _each(held) for data in encoded(value)]
    assert [one.getpixel((0, 0)) for one in shown] == [(0, 128, 0), (128, 128, 128), (0, 0, 255)]


def _each(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]


@pytest.mark.parametrize(
    "made",
    [
        [],
        "a picture, honestly",
        [b"bytes of a picture"],
        [np.full((4, 4, 3), np.inf)],
        [SimpleNamespace(value=1)],
        iter([picture()]),
        (piece for piece in [picture()]),
    ],
    ids=["nothing", "words", "bytes", "infinite", "opaque", "iterator", "generator"],
)
@pytest.mark.parametrize("on_refusal", OnRefusal)
def test_an_output_in_which_nothing_can_be_examined_is_refused(made: Any, on_refusal: OnRefusal) -> None:
    with pytest.raises(RefusedError) as raised:
        Studio(made, on_refusal=on_refusal).pipe(prompt="a cone")
    assert raised.value.result.refusal is Refusal.UNEXAMINED


def test_a_picture_anywhere_in_an_output_is_checked() -> None:
    hidden = SimpleNamespace(images=[picture()], extras={"before": [picture(RED)]})
    with pytest.raises(RefusedError):
        Studio(hidden).pipe(prompt="a cone")
    grey = Studio(hidden, on_refusal=OnRefusal.PLACEHOLDER).pipe(prompt="a cone")
    assert grey.images.extras["before"][0].getpixel((0, 0)) == (128, 128, 128)


@dataclass(slots=True)
class InSlots:
    """Holds a picture where `vars` does not show it."""

    inside: Any


class Callable(SimpleNamespace):
    """Holds a picture, and can be called."""

    def __call__(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    "hiding",
    [
        lambda made: (one for one in [made]),
        InSlots,
        lambda made: Callable(inside=made),
        lambda made: deque([made]),
        lambda _made: io.BytesIO(b"bytes of a picture"),
        lambda _made: Path("made.png"),
    ],
    ids=["iterator", "slots", "callable", "deque", "file", "path"],
)
@pytest.mark.parametrize("on_refusal", OnRefusal)
def test_what_may_hide_a_picture_beside_one_that_is_seen_is_refused(hiding: Any, on_refusal: OnRefusal) -> None:
    output = SimpleNamespace(images=[picture()], more=hiding(picture()))
    with pytest.raises(RefusedError) as raised:
        _around(output, on_refusal=on_refusal)(prompt="a cone")
    assert raised.value.result.refusal is Refusal.UNEXAMINED


def test_what_holds_no_picture_may_stand_beside_one() -> None:
    more = [range(3), deque(["a cone", 1]), InSlots(2), np.float32(0.5), OnRefusal.RAISE]
    output = SimpleNamespace(images=[picture()], more=more)
    assert _around(output)(prompt="a cone") is output


def _around(output: object, **options: Any) -> GuardedPipeline:
    guard = Guard.around(SandboxChecks(TABLE), options=GuardOptions(attempts=1))
    return GuardedPipeline(lambda **_arguments: output, guard, **options)


def test_words_that_a_pipeline_makes_are_checked_too() -> None:
    made = SimpleNamespace(pictures=[picture()], caption="a red cube")
    with pytest.raises(RefusedError):
        Studio(made, on_refusal=OnRefusal.PLACEHOLDER).pipe(prompt="a cone")


def test_an_animation_is_refused_since_only_its_first_picture_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "two.gif"
    picture().save(file, save_all=True, append_images=[picture(RED)])
    with Image.open(file) as animation, pytest.raises(RefusedError):
        Studio([animation]).pipe(prompt="a cone")


def test_a_large_batch_is_checked_in_parts() -> None:
    studio = Studio([picture() for _ in range(19)])
    assert len(studio.pipe(prompt="a cone").images) == 19
    assert [len(kinds) for kinds in studio.asked] == [1, 8, 8, 3]


def test_nothing_is_made_or_shown_while_nobody_decides() -> None:
    studio = Studio()
    studio.checks.misbehave(Fault.UNREACHABLE)
    with pytest.raises(RefusedError):
        studio.pipe(prompt="a cone")
    assert studio.raw.calls == []
    silent = Studio(on_refusal=OnRefusal.PLACEHOLDER)
    silent.checks.misbehave(Fault.LIMITED)
    with pytest.raises(RefusedError):
        silent.pipe(prompt="a cone")


def test_where_the_whole_is_refused_for_no_items_sake_every_picture_becomes_grey() -> None:
    studio = Studio([picture(), picture("blue")], on_refusal=OnRefusal.PLACEHOLDER)
    studio.raw.made = [picture(), picture("blue")]
    studio.checks.misbehave(Fault.EXAMINES_NOTHING)
    output = studio.pipe()
    assert {one.getpixel((0, 0)) for one in output.images} == {(128, 128, 128)}


def test_callbacks_are_told_the_step_and_see_no_picture() -> None:
    told: list[Any] = []

    def on_step(pipe: Any, step: int, _time: float, values: dict[str, Any]) -> dict[str, Any]:
        told.append((type(pipe), step, values))
        return {}

    studio = Studio()
    studio.pipe(prompt="a cone", callback_on_step_end=on_step, callback=lambda *seen: told.append(seen[2]))
    assert told == [(GuardedPipeline, 0, {}), None, (GuardedPipeline, 1, {}), None]


def test_callbacks_of_an_unknown_form_are_refused_and_previews_are_a_choice() -> None:
    with pytest.raises(GuardSetupError):
        Studio().pipe(prompt="a cone", preview_callback=print)
    with pytest.raises(GuardSetupError):
        Studio().pipe("a cone", None, 2, None, None, None, "pil", True, print)
    seen: list[Any] = []
    studio = Studio(rules=InputRules(previews=True))
    studio.pipe(prompt="a cone", callback=lambda *values: seen.append(values[2]))
    assert len(seen) == 2
    assert all(isinstance(value, Tensor) for value in seen)


def test_the_wrapped_object_keeps_its_attributes() -> None:
    studio = Studio()
    assert studio.pipe.scheduler.steps == 20
    studio.pipe.scheduler = SimpleNamespace(steps=4)
    assert studio.raw.scheduler.steps == 4
    assert isinstance(studio.pipe.unet, Unet)
    assert "encode_prompt" in dir(studio.pipe)
    assert studio.pipe.encode_prompt("a cone").shape == (1, 6, 4)
    del studio.pipe.unet
    assert not hasattr(studio.raw, "unet")
    assert repr(studio.pipe) == "GuardedPipeline(Pipeline)"
    with pytest.raises(AttributeError):
        _ = studio.pipe.nothing_of_the_kind


def test_no_method_leads_back_to_the_unguarded_pipeline_by_accident() -> None:
    studio = Studio()
    assert studio.pipe.to("cuda") is studio.pipe
    assert studio.raw.device == "cuda"
    assert isinstance(studio.pipe.copied(), GuardedPipeline)
    larger = encoded(picture(RED, (16, 12)))[0]
    with pytest.raises(RefusedError):
        GuardedPipeline(studio.raw, Guard.around(SandboxChecks({larger: Action.DENY}))).upscale(picture(RED))
    with pytest.raises((AttributeError, TypeError)):
        copy.deepcopy(studio.pipe)(prompt="a red cube")
    assert studio.pipe.unguarded is studio.raw


def test_calls_may_belong_to_an_account() -> None:
    studio = Studio()
    studio.pipe.in_context(Context(account="a-17"))(prompt="a cone")
    assert [request.context.account for request, _ in studio.checks.asked] == ["a-17", "a-17"]


def test_a_pipeline_that_tells_no_signature_is_checked_all_the_same() -> None:
    class Opaque:
        __signature__ = "none"

        def __call__(self, *_args: Any) -> Any:
            return [picture()]

    with pytest.raises((TypeError, ValueError)):
        inspect.signature(Opaque())
    guard = Guard.around(SandboxChecks(TABLE))
    with pytest.raises(RefusedError):
        GuardedPipeline(Opaque(), guard)("a red cube")
    assert len(GuardedPipeline(Opaque(), guard)("a cone")) == 1


def test_what_can_not_be_called_is_no_pipeline() -> None:
    with pytest.raises(GuardSetupError):
        GuardedPipeline(object(), Guard.around(SandboxChecks()))


def test_pictures_keep_their_pixels_when_they_are_encoded() -> None:
    colours = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    for value in (colours, colours / 255, Tensor(np.moveaxis(colours, -1, 0)), Image.fromarray(colours)):
        (data,) = encoded(value)
        with Image.open(io.BytesIO(data)) as opened:
            assert np.array_equal(np.asarray(opened), colours)


def test_values_a_rounding_outside_of_their_range_are_those_at_its_end() -> None:
    (data,) = encoded(np.array([[[-0.001, 0.5, 1.001]]]))
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.getpixel((0, 0)) == (0, 128, 255)
