"""A mirrored copy of a listed picture is found, and what found it is said; a policy may leave that out."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tests.vectors.media import encoded, picture

from safehold.signals import format_pdq, pdq
from safehold.vocabulary import PdqFlavour

Call = Callable[..., Any]
PICTURE = picture(320, 240)


def pixels() -> Any:
    return np.asarray(Image.open(io.BytesIO(encoded(PICTURE, "PNG"))).convert("L"))


def test_a_mirrored_copy_is_held_and_the_evidence_names_the_variant(call: Call, tmp_path: Path) -> None:
    (listed,) = pdq(pixels(), {PdqFlavour.FULL})
    (tmp_path / "list.csv").write_text(f"algorithm,value\npdq,{format_pdq(listed.value)}\n")
    call("bank", "import", "made-up", tmp_path / "list.csv", "--class", "csam", "--terms", "made up")
    mirrored = tmp_path / "mirrored.png"
    mirrored.write_bytes(encoded(PICTURE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"))
    (found,) = call("check", "file", mirrored).data["files"]
    assert (found["action"], [one["place"] for one in found["findings"]]) == ("hold", ["mirrored.png mirrored"])
    policy = tmp_path / "policy.yaml"
    shown = call("policy", "show", "--source").data
    policy.write_text(str(shown["text"]).replace("variants: [unletterboxed, mirrored]", "variants: []"))
    (passed,) = call("check", "file", mirrored, "--policy", policy).data["files"]
    assert (passed["action"], passed["findings"]) == ("allow", [])
