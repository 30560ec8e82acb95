import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from safehold.media import Limits, open_image, test_signature_luma, test_signature_png, write_test_signature

SHA256 = "088e928c2d4934b0214c110c1ce3c7c8ed2d72a2344354cffe2c1972125b9149"


def test_the_test_signature_has_the_same_bytes_for_ever() -> None:
    assert hashlib.sha256(test_signature_png()).hexdigest() == SHA256


def test_the_test_signature_is_a_sound_picture_with_the_stated_pixels() -> None:
    with Image.open(io.BytesIO(test_signature_png())) as picture:
        picture.verify()

    (frame,) = open_image(test_signature_png(), Limits())

    assert frame.luma.shape == (512, 512)
    assert np.array_equal(frame.luma, test_signature_luma())


def test_the_test_signature_is_written_to_a_file(tmp_path: Path) -> None:
    write_test_signature(tmp_path / "signature.png")

    assert (tmp_path / "signature.png").read_bytes() == test_signature_png()
