"""The verdict in plain words: what may be said of a dataset, and no more than that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from safehold.datasets.card.wording import number, plural

Summary = Mapping[str, Any]

_OPPOSED = ("minor", "adult_sexual")


@dataclass(frozen=True, slots=True)
class Headline:
    """The first thing that a reader sees.

    Attributes:
        tone: "none" where nothing was found, "found" where something was, "open" where it can't be said.
        sentence: the verdict.
        lede: what became of the records.
    """

    tone: str
    sentence: str
    lede: str


def headline(summary: Summary) -> Headline:
    """Return what may be said.

    Only a comparison with a list that holds something can say that nothing listed was found; the built-in test list
    does not count. Nothing found is never called safe or clean.
    """
    tone, sentence = _verdict(summary)
    return Headline(tone, sentence, _lede(summary["records"]))


def _verdict(summary: Summary) -> tuple[str, str]:
    found_by_match = [found for found in summary["findings"] if found["kind"] == "match" and found["records"]]
    matches = [found for found in found_by_match if found["subject"] != "benign"]  # an allow list accuses nobody
    real = [found for found in matches if found["subject"] != "test"]
    if summary["records"]["total"] == 0:
        return "open", "There was nothing to examine."
    if real:
        return "found", _found(real, summary["records"])
    if not any(map(_holds_real_entries, summary["banks"])):
        return "open", "No list of known material was loaded, so none could have been found."
    if matches:
        return "found", "The built-in test signature was found; no other listed item was, by the detectors named below."
    return "none", "No listed item was found by the detectors named below."


def _holds_real_entries(bank: Summary) -> bool:
    """Return whether a list holds more than tests and what was allowed, as its entries say; else as the list says."""
    by_class = bank.get("by_class", {bank["class"]: bank["entries"]})
    return any(count for harm_class, count in by_class.items() if harm_class not in {"test", "benign"})


def _found(matches: list[Summary], records: Summary) -> str:
    """Return the sentence about matches; that they were kept out is only said where the counts bear it."""
    is_confirmed = any(found["confirmed"] for found in matches)
    if max(found["records"] for found in matches) > records["hold"] + records["deny"]:
        return "Listed material was found." if is_confirmed else "Possible matches with listed material were found."
    if is_confirmed:
        return "Listed material was found and taken out."
    return "Possible matches with listed material were found and kept out for people to review."


def _lede(records: Summary) -> str:
    kept, held, removed = records["allow"], records["hold"], records["deny"]
    return (
        f"Of {plural(records['total'], 'record', 'records')}, {_count(kept, 'was', 'were')} kept, "
        f"{_count(held, 'is', 'are')} held for people to decide, and {_count(removed, 'was', 'were')} removed."
    )


def _count(value: int, one: str, many: str) -> str:
    return f"none {many}" if value == 0 else f"{number(value)} {one if value == 1 else many}"


def is_examined_in_part(summary: Summary) -> bool:
    """Return whether a required detector left something out, by the coverage alone."""
    return any(row["required"] and row["examined"] < row["of"] for row in summary["coverage"])


def notices(summary: Summary) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers, most important first."""
    return (*_about_results(summary), *_about_basis(summary))


def _about_results(summary: Summary) -> Iterator[str]:
    if not summary["datasets"]["after"]:
        yield "This was a dry run: the numbers say what would be done, and no cleaned dataset was written."
    if summary["gaps"]:
        yield "Some records could not be fully examined. They stay out of the cleaned dataset unless people freed them."
    elif is_examined_in_part(summary):
        yield "Required detectors did not examine everything: see “Coverage”."
    if summary["releases"]:
        freed = plural(summary["releases"], "held record", "held records")
        yield f"People freed {freed} for the cleaned dataset."
    if lapsed := summary.get("releases_lapsed"):
        freed = plural(lapsed, "record that people had freed is", "records that people had freed are")
        yield f"{freed} kept out again: something else speaks against them now."
    if pointers := summary["records"].get("pointers"):
        told = plural(pointers, "record only points", "records only point")
        yield f"{told} at media: their listed hashes were compared, their media was not examined."
    remaining = {row["concept"] for row in summary["concepts"] if row["after"]}
    if remaining.issuperset(_OPPOSED):
        yield (
            "Both minors and adult sexual content remain in what was kept. Under “Concepts kept apart” it says under "
            "which rule."
        )
    if any(summary["unclassified"].values()):
        yield "No concept detector examined some of the media: what they depict was not judged."


def _about_basis(summary: Summary) -> Iterator[str]:
    if summary["policy"].get("draft"):
        yield "The policy is a draft that nobody outside the project has reviewed yet."
    if any(lexicon["status"] != "reviewed" for lexicon in summary["lexicons"]):
        yield "Some word lists are drafts that nobody outside the project has reviewed yet."
    if summary["run"]["single_operator"]:
        yield "One person alone runs this, or can open what is sealed: nobody else checks what they do."
    if summary["disposition"].get("sealed_to_one"):
        yield "One custodian is registered: the key of one person opens what was sealed, and no second one is needed."
    if summary["waivers"]:
        yield "Known-risk sources were let through by a recorded waiver."


LIMITS = (
    "Lists know only what was found before. Material that nobody has listed yet can't be found by comparison.",
    "Similar-picture matching bears recompression and resizing; crops, strong edits and drawings can escape it.",
    "Concept detectors and caption rules err in both directions, and know only the languages of their word lists.",
    "A record may be counted under several detectors, so rows of a table don't add up to the number of records.",
    "The card states what was done to one version of a dataset, given by the digests. It is no legal advice.",
    "Nothing here states that the dataset is free of abuse.",
)
"""What holds for every card."""
