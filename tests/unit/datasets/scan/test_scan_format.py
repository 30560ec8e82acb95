"""What an examination gives is pinned to the format of the scan, and a scan to the decoders that it was made with."""

from dataclasses import replace
from importlib import util

import pytest
from tests.vectors import observed

from safehold.datasets.scan import settings as scan_settings
from safehold.datasets.scan.decoders import decoders


def test_the_stored_digests_are_of_this_format_and_of_these_files() -> None:
    assert observed.stored()["format"] == scan_settings.SCAN_FORMAT
    assert set(observed.stored()["observations"]) == set(observed.files())


@pytest.mark.parametrize("name", observed.files())
def test_a_file_gives_what_it_gave_under_this_format_of_the_scan(name: str) -> None:
    if name.endswith(".avi") and util.find_spec("av") is None:
        pytest.skip("clips are opened by an extra")
    is_same = observed.digest_of(name) == observed.stored()["observations"][name]
    assert is_same, "raise SCAN_FORMAT, so that old scans are done again; then: python -m tests.vectors.observed"


def test_a_scan_depends_on_major_releases_of_decoders_and_not_on_our_own_release() -> None:
    told = dict(decoders(()))
    assert set(told) == {"pillow", "simplejpeg", "av", "pi-heif"}
    assert all("." not in release for release in told.values())
    assert decoders(("no such",))[-1] == ("classifier no such", "safehold")
    assert replace(observed.SETTINGS, classifiers=("stand-in",)).digest != observed.SETTINGS.digest
