"""Lists that come after a scan: nothing is decoded again, and what people freed stays free of what is not about it."""

import hashlib
from pathlib import Path

import pytest
from tests.functional.datasets.builders import Place, captioned, jpeg, plain_records, rows_of, safeguard, write_tar

from safehold.datasets.freeing import release
from safehold.datasets.orders import Outcome
from safehold.datasets.safeguard import decide
from safehold.matching import BankTraits
from safehold.vocabulary import HarmClass, PdqFlavour, Tier

BOTH = captioned(13, "a red cube beside a blue ball")


def import_list(place: Place, name: str, row: str) -> None:
    listing = place.root / f"{name}.csv"
    listing.write_text(f"algorithm,value,class\n{row}\n")
    traits = BankTraits(HarmClass.CSAM, Tier.TRUSTED, legal_basis="a test", pdq_flavour=PdqFlavour.NEAREST_512)
    with place.open() as workshop:
        workshop.banks.import_file(name, listing, traits)


def decided(place: Place, out: Path) -> Outcome:
    with place.open() as workshop:
        return decide(out, workshop.equipment(place.policy))


@pytest.fixture
def freed(place: Place) -> Path:
    """A held record that somebody freed."""
    out = place.root / "out"
    safeguard(place, [write_tar(place.root / "0.tar", {"both": BOTH, **plain_records(2)})], out)
    with place.open() as workshop:
        release(out, ["0.tar#both"], reason="looked at it", equipment=workshop.equipment(place.policy))
    outcome = decided(place, out)
    assert (outcome.summary["releases"], outcome.summary["releases_lapsed"]) == (1, 0)
    return out


def test_a_list_of_the_other_flavour_needs_no_second_scan_and_leaves_releases_alone(place: Place, freed: Path) -> None:
    import_list(place, "other-flavour", f"pdq,{'0123456789abcdef' * 4},")
    outcome = decided(place, freed)
    assert (outcome.summary["releases"], outcome.summary["releases_lapsed"]) == (1, 0)
    assert rows_of(freed)["both"]["released"]


def test_a_release_that_other_grounds_overrule_is_counted(place: Place, freed: Path) -> None:
    import_list(place, "later", f"sha256,{hashlib.sha256(jpeg(13)).hexdigest()},")
    outcome = decided(place, freed)
    assert (outcome.summary["releases"], outcome.summary["releases_lapsed"]) == (0, 1)
    assert "had freed is kept out again" in (freed / "card.html").read_text()


def test_a_list_of_test_entries_alone_is_no_list_of_known_material(place: Place) -> None:
    with place.open() as workshop:
        workshop.banks.retire("made-up-list", "only practice here")
    import_list(place, "practice", f"sha256,{'0f' * 32},test")
    outcome = safeguard(place, [write_tar(place.root / "0.tar", plain_records(1))], place.root / "out")
    assert any(sentence.startswith("No hash list") for sentence in outcome.summary["not_covered"])
    assert "No list of known material was loaded" in (place.root / "out" / "card.html").read_text()
