"""What the review key seals besides items: notes and circumstances, a few bytes each."""

from pathlib import Path

import pytest

from safehold.vault.errors import ReviewKeyError
from safehold.vault.review import make_review_key, open_box, read_review_key


def test_a_box_opens_with_the_review_key_alone(tmp_path: Path) -> None:
    folders = [tmp_path / name / "keys" for name in ("one", "other")]
    for folder in folders:
        folder.mkdir(parents=True)
    ours, _ = (make_review_key(folder, out=tmp_path / f"{folder.parent.name}.key") for folder in folders)
    sealed = ours.box(b"red cube")
    assert b"red cube" not in sealed
    assert open_box(sealed, read_review_key(tmp_path / "one.key")) == b"red cube"
    with pytest.raises(ReviewKeyError, match="does not open"):
        open_box(sealed, read_review_key(tmp_path / "other.key"))
    with pytest.raises(ReviewKeyError, match="does not open"):
        open_box(sealed[:-1] + bytes([sealed[-1] ^ 1]), read_review_key(tmp_path / "one.key"))
