"""Findings of a shard: what matching, scores, columns, caption rules and the register say, as (row, finding) pairs."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.classification.text import to_findings
from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.fingerprints import Fingerprints, fingerprints_of, joined
from safehold.matching import HARM_CLASSES, exhaustive
from safehold.screening import COLUMN_DETECTOR, ColumnMapping, Policy, claim_of, has_words, read_columns
from safehold.vocabulary import (
    DIGESTS_OF_NOTHING,
    Algorithm,
    Bits,
    Finding,
    FindingKind,
    Fraction,
    Gap,
    GapReason,
    PdqFlavour,
)

Placed = tuple[int, Finding]


def matches(part: pa.Table, basis: Basis, capped: set[int]) -> Iterator[Placed]:
    """Yield every bank entry within the policy's threshold of a record's signals.

    Digests of no bytes are not looked up: a list that holds one would accuse every empty file. Such a file is a gap.
    An entry that a frame is near to in both PDQ flavours is one finding, the nearer one: what speaks against a record
    must not depend on which flavours other lists asked for. For the same reason what a variant finds counts only where
    the frame itself is not near to the entry; the finding's place then names the variant.

    Args:
        part: a shard's observations.
        basis: the lists and the policy.
        capped: takes the rows that have more hits than are stated here.
    """
    asked = (None, PdqFlavour.UNKNOWN, *basis.index.flavours())
    best: dict[tuple[int, str, str, str], tuple[tuple[bool, int], Finding]] = {}
    for fingerprints in map(_of_something, joined(fingerprints_of(part, basis.policy.variants))):
        if not len(fingerprints.values) or fingerprints.flavour not in asked:
            continue
        for query, found in _matches_of(fingerprints, basis, capped):
            row = int(fingerprints.records[query])
            if fingerprints.algorithm is not Algorithm.PDQ:
                yield row, found
                continue
            variant = "" if fingerprints.variants is None else str(fingerprints.variants[query])
            key, rank = (row, found.place, found.subject, found.reference), (variant != "", found.distance or 0)
            if key not in best or rank < best[key][0]:
                best[key] = rank, replace(found, place=f"{found.place} {variant}".rstrip())
    yield from ((key[0], found) for key, (_, found) in best.items())


def _of_something(fingerprints: Fingerprints) -> Fingerprints:
    nothing = DIGESTS_OF_NOTHING.get(fingerprints.algorithm)
    if nothing is None:
        return fingerprints
    is_some = (fingerprints.values != np.frombuffer(nothing, np.uint8)).any(axis=1)
    return fingerprints if is_some.all() else fingerprints.chosen(is_some)


def _matches_of(fingerprints: Fingerprints, basis: Basis, capped: set[int]) -> Iterator[tuple[int, Finding]]:
    """Yield the number of a fingerprint and what it is near to."""
    is_near = fingerprints.algorithm is Algorithm.PDQ
    threshold = basis.policy.thresholds.pdq if is_near else Bits(0)
    for hits, queries in exhaustive(
        basis.index, fingerprints.algorithm, fingerprints.values, threshold=threshold, flavour=fingerprints.flavour
    ):
        capped.update(fingerprints.records[queries[hits.capped]].tolist())
        columns = (queries[hits.query], hits.distance, hits.bank, hits.entry, hits.harm_class)
        for query, distance, bank, entry, harm_class in zip(*(column.tolist() for column in columns), strict=True):
            listed = basis.index.banks[bank]
            found = Finding(
                kind=FindingKind.MATCH,
                detector=fingerprints.algorithm.value,
                subject=HARM_CLASSES[harm_class].value,
                reference=f"{listed.reference}#{entry}",
                tier=listed.tier,
                distance=Bits(distance),
                place=str(fingerprints.places[query]).rstrip(),
            )
            yield query, found


def caption_hits(part: pa.Table, basis: Basis) -> Iterator[Placed]:
    """Yield the concepts that captions claim."""
    texts = part.column("texts").combine_chunks()
    if not len(texts.flatten()):
        return
    owner = texts.value_parent_indices().to_numpy(zero_copy_only=False)
    places = texts.flatten().field("place")
    for row, hits in enumerate(basis.captions.find(texts.flatten().field("text").to_pylist())):
        if hits:
            place = str(places[row])
            yield from ((int(owner[row]), finding) for finding in to_findings(hits, place=place))


def score_findings(part: pa.Table, policy: Policy) -> Iterator[tuple[int, Finding | Gap]]:
    """Yield the classifier scores that reach a threshold, or for which the policy sets none.

    What is no number from 0 to 1 is a gap: it would compare false with a threshold, and pass.
    """
    scores = part.column("scores").combine_chunks()
    owner = scores.value_parent_indices().to_numpy(zero_copy_only=False)
    for row, score in enumerate(scores.flatten().to_pylist()):
        value = score["value"]
        if value is None or not 0.0 <= value <= 1.0:
            yield int(owner[row]), Gap(score["detector"], GapReason.DETECTOR_FAILED, score["place"])
            continue
        finding = Finding(
            kind=FindingKind.SCORE,
            detector=score["detector"],
            subject=score["concept"],
            reference=f"{score['detector']}@{score['version']}#{score['concept']}",
            value=Fraction(value),
            place=score["place"],
        )
        if policy.thresholds.is_reached(finding) is not False:
            yield int(owner[row]), finding


def column_readings(part: pa.Table, policy: Policy) -> Iterator[tuple[int, Finding | Gap]]:
    """Yield what mapped columns claim, and the gaps of those that can't be read."""
    for mapping in policy.columns:
        if mapping.contains_any:
            yield from _word_readings(part, mapping, policy)
    of_numbers = [mapping for mapping in policy.columns if not mapping.contains_any]
    if not of_numbers:
        return
    labels = part.column("labels").combine_chunks()
    any_required = any(mapping.required for mapping in of_numbers)
    rows = (
        range(len(labels))
        if any_required
        else np.flatnonzero(pc.list_value_length(labels).to_numpy(zero_copy_only=False))
    )
    for row in rows:
        reading = read_columns({label["name"]: label["value"] for label in labels[int(row)].as_py()}, policy)
        yield from ((int(row), finding) for finding in reading.findings)
        yield from ((int(row), gap) for gap in reading.gaps)


def _word_readings(part: pa.Table, mapping: ColumnMapping, policy: Policy) -> Iterator[tuple[int, Finding | Gap]]:
    rows, texts = _texts_of(part, mapping)
    claiming = {row for row, text in zip(rows.tolist(), texts, strict=True) if has_words(text, mapping)}
    yield from ((row, claim_of(mapping, policy)) for row in sorted(claiming))
    if mapping.required:
        without = np.setdiff1d(np.arange(part.num_rows), rows)
        yield from ((row, Gap(COLUMN_DETECTOR, GapReason.MISSING, place=mapping.column)) for row in without.tolist())


def _texts_of(part: pa.Table, mapping: ColumnMapping) -> tuple[NDArray[np.int64], list[str]]:
    """Return the texts of a column of words, and the row of each; in a sidecar the column is a field of its JSON."""
    texts = part.column("texts").combine_chunks()
    if not len(texts.flatten()):
        return np.zeros(0, np.int64), []
    places = pc.utf8_lower(texts.flatten().field("place"))
    column = mapping.column.lower()
    is_meant = pc.or_(pc.equal(places, column), pc.ends_with(places, f":{column}"))
    rows = texts.value_parent_indices().filter(is_meant).to_numpy(zero_copy_only=False)
    return rows.astype(np.int64), texts.flatten().field("text").filter(is_meant).to_pylist()


def columns_seen(part: pa.Table, policy: Policy) -> frozenset[str]:
    """Return which of the columns that the policy maps have a value in some record, as the policy spells them."""
    if not policy.columns:
        return frozenset()
    names = set(pc.unique(part.column("labels").combine_chunks().flatten().field("name")).to_pylist())
    return frozenset(
        mapping.column
        for mapping in policy.columns
        if (len(_texts_of(part, mapping)[0]) if mapping.contains_any else mapping.column.lower() in names)
    )


def mapped_rows(part: pa.Table, policy: Policy) -> NDArray[np.bool_]:
    """Return which rows have a column that the policy maps to a concept."""
    is_mapped = np.zeros(part.num_rows, np.bool_)
    labels = part.column("labels").combine_chunks()
    if policy.columns and len(labels.flatten()):
        names = pa.array([mapping.column.casefold() for mapping in policy.columns])
        named = pc.is_in(pc.utf8_lower(labels.flatten().field("name")), value_set=names)
        is_mapped[labels.value_parent_indices().filter(named).to_numpy()] = True
    for mapping in policy.columns:
        if mapping.contains_any:
            is_mapped[_texts_of(part, mapping)[0]] = True
    return is_mapped


def address_hits(part: pa.Table, basis: Basis) -> Iterator[Placed]:
    """Yield the record addresses that are on the register of known-risk sources."""
    urls = part.column("url").combine_chunks()
    present = np.flatnonzero(pc.is_valid(urls).to_numpy(zero_copy_only=False))
    if not len(present):
        return
    for place, finding in basis.register.check_urls(urls.take(pa.array(present)).to_pylist(), basis.waivers):
        yield int(present[place]), finding
