import csv
from importlib import resources

from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.media.signature_picture import test_signature_luma as luma
from safehold.media.signature_picture import test_signature_png as png
from safehold.signals import digest, pdq
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Tier


def listed() -> set[tuple[str, str]]:
    with (resources.files("safehold.matching.banks") / "test_bank.csv").open(encoding="utf-8") as file:
        return {(row["algorithm"], row["value"]) for row in csv.DictReader(file)}


def test_the_shipped_list_is_what_the_test_signature_hashes_to() -> None:
    digests = digest(png())
    prints = pdq(luma(), {PdqFlavour.FULL, PdqFlavour.NEAREST_512})
    assert listed() == {
        ("sha256", digests.sha256.hex()),
        ("sha1", digests.sha1.hex()),
        ("md5", digests.md5.hex()),
        *(("pdq", found.value.hex()) for found in prints),
    }


def test_the_built_in_bank_is_of_the_test_class_and_trusted() -> None:
    bank = builtin_bank().bank
    assert (bank.name, bank.harm_class, bank.tier) == ("test", HarmClass.TEST, Tier.TRUSTED)
    assert set(bank.entries) == set(Algorithm)


def test_the_built_in_bank_is_the_same_every_time() -> None:
    assert Index.over([builtin_bank()]).version == Index.over([builtin_bank()]).version
