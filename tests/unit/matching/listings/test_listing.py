import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from safehold.matching.errors import AmbiguousAlgorithmError, UnreadableListError
from safehold.matching.hits import HARM_CLASSES
from safehold.matching.listings import Listing, read_listing
from safehold.vocabulary import Algorithm, HarmClass

MD5, SHA1, LONG = "0f" * 16, "a1" * 20, "3c" * 32
Read = Callable[..., Listing]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, algorithm: Algorithm | None = None) -> Listing:
        path = tmp_path / "list"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_listing(path, algorithm=algorithm)

    return read


def texts(listing: Listing) -> dict[str, list[str]]:
    return {key.value: [row.tobytes().hex() for row in rows.values] for key, rows in listing.groups.items()}


def faults(listing: Listing) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in listing.faults]


def test_a_csv_gives_values_classes_notes_and_source_ids(read: Read) -> None:
    listing = read(f'algorithm,value,class,note,source_id\nmd5,{MD5},ncii,"a, note",x1\npdq,{LONG},,,\n')
    assert texts(listing) == {"md5": [MD5], "pdq": [LONG]}
    rows = listing.groups[Algorithm.MD5]
    assert (rows.note.to_pylist(), rows.source_id.to_pylist()) == (["a, note"], ["x1"])
    assert HARM_CLASSES[rows.harm_class[0]] is HarmClass.NCII
    assert [listing.groups[key].entry.tolist() for key in (Algorithm.MD5, Algorithm.PDQ)] == [[0], [1]]


@pytest.mark.parametrize(
    "content",
    [
        f"algorithm,value\nmd5,{MD5}\n",
        f"value,algorithm\n{MD5},md5\n",
        f"Algorithm, Value\r\n MD5 , {MD5.upper()} \r\n\r\n",
        f"\ufeffalgorithm,value\nmd5,{MD5}",
        f"\n\nalgorithm,value\nmd5,{MD5}",
        f"value\n{MD5}\n",
        f"signal_type,signal_str,collab,category,tags\nvideo_md5,{MD5},a list,POSITIVE_CLASS,a b\n",
        f"signal_type,signal_str,collab,category,tags\nmd5,{MD5},a list,TRUE_POSITIVE,\n",
        f"signal_type,signal_str\nmd5,{MD5}\n",
        json.dumps({"algorithm": "md5", "value": MD5}) + "\n\n",
        json.dumps({"value": MD5, "note": "x"}),
        json.dumps({"value": MD5, "source_id": 7}),
        f"{MD5}\n\n",
        f"  {MD5}  ",
        f"md5 {MD5}\n",
        f"photo_md5 {MD5}\n",
        base64.b64encode(bytes.fromhex(MD5)).decode().join(["algorithm,value\nmd5,", "\n"]),
    ],
)
def test_every_shape_of_list_gives_the_same_value(read: Read, content: str | bytes) -> None:
    listing = read(content)
    assert texts(listing) == {"md5": [MD5]}
    assert listing.fault_count == 0


def test_plain_values_are_told_apart_by_their_length(read: Read) -> None:
    assert texts(read(f"{MD5}\n{SHA1}\n")) == {"md5": [MD5], "sha1": [SHA1]}


def test_a_value_of_64_digits_needs_its_algorithm(read: Read) -> None:
    with pytest.raises(AmbiguousAlgorithmError, match="line 2"):
        read(f"{MD5}\n{LONG}\n")
    assert texts(read(f"{LONG}\n", Algorithm.PDQ)) == {"pdq": [LONG]}
    assert texts(read(f"{LONG}\n", Algorithm.SHA256)) == {"sha256": [LONG]}


def test_an_algorithm_given_beside_the_list_does_not_overrule_its_rows(read: Read) -> None:
    assert texts(read(f"algorithm,value\nmd5,{MD5}\n,{LONG}\n", Algorithm.PDQ)) == {"md5": [MD5], "pdq": [LONG]}


def test_every_row_that_can_not_be_read_is_named_with_its_line_and_no_other_is_lost(read: Read) -> None:
    listing = read(
        "algorithm,value,class,note\n"
        f"md5,{MD5},,\n"
        f"md5,{MD5[:-1]},,\n"
        f"md5,{MD5[:-1]}g,,\n"
        f"md5,{MD5[:15]}  {MD5[17:]},,\n"
        f"sha3,{MD5},,\n"
        f"md5,{MD5},nonsense,\n"
        f"md5,{MD5}\n"
        f"md5,,,\n"
        f"sha1,{SHA1},,\n"
    )
    assert texts(listing) == {"md5": [MD5], "sha1": [SHA1]}
    assert [line for line, _ in faults(listing)] == [3, 4, 5, 6, 7, 8, 9]
    assert listing.fault_count == 7
    assert not any(MD5[:10] in reason for _, reason in faults(listing))


def test_white_space_inside_one_value_does_not_shift_the_values_after_it(read: Read) -> None:
    other = "77" * 16
    listing = read(f"algorithm,value\nmd5,{MD5[:30]}  \nmd5,{MD5[:14]}  {MD5[16:]}\nmd5,{other}\n")
    assert texts(listing) == {"md5": [other]}
    assert [line for line, _ in faults(listing)] == [2, 3]


def test_a_row_that_goes_over_several_lines_is_refused_since_it_may_have_swallowed_others(read: Read) -> None:
    listing = read(f'algorithm,value,note\nmd5,{MD5},"open\nsha1,{SHA1},x\nsha1,{SHA1},close"\nsha1,{SHA1},y\n')
    assert texts(listing) == {"sha1": [SHA1]}
    assert faults(listing) == [(4, "a field goes over several lines")]


def test_a_quote_that_is_never_closed_is_a_fault_and_not_the_end(read: Read) -> None:
    listing = read(f'algorithm,value,note\nmd5,{MD5},x\nsha1,{SHA1},"open\nsha1,{SHA1},y\n')
    assert texts(listing) == {"md5": [MD5]}
    assert listing.fault_count == 1


def test_bytes_that_are_not_utf8_are_the_fault_of_their_own_row(read: Read) -> None:
    content = f"algorithm,value,note\nmd5,{MD5},x\nsha1,{SHA1},".encode() + b"\xff\n"
    listing = read(content)
    assert texts(listing) == {"md5": [MD5]}
    assert faults(listing) == [(3, "not UTF-8")]


def test_a_row_that_says_it_is_not_listed_is_a_fault(read: Read) -> None:
    listing = read(f"signal_type,signal_str,collab,category,tags\nmd5,{MD5},l,NEGATIVE_CLASS,\nsha1,{SHA1},l,,\n")
    assert texts(listing) == {"sha1": [SHA1]}
    assert faults(listing) == [(2, "its category says that it is not listed")]


@pytest.mark.parametrize("category", ["INVESTIGATION_SEED", "WORTH_INVESTIGATING"])
def test_a_row_that_only_leads_to_listed_content_is_a_fault_for_else_it_would_confirm(
    read: Read, category: str
) -> None:
    listing = read(f"signal_type,signal_str,collab,category,tags\nmd5,{MD5},l,{category},\nsha1,{SHA1},l,,\n")
    assert texts(listing) == {"sha1": [SHA1]}
    assert "needs verifying" in faults(listing)[0][1]


def test_json_may_give_thresholds_and_ids_as_numbers(read: Read) -> None:
    rows = [{"value": "ab" * 32, "algorithm": "pdq", "threshold": 20, "source_id": 7}, {"value": MD5}]
    listing = read("\n".join(map(json.dumps, rows)))
    assert listing.groups[Algorithm.PDQ].source_id.to_pylist() == ["7"]
    assert faults(read(json.dumps({"value": MD5, "threshold": True}) + "\n" + json.dumps({"value": MD5}))) == [
        (1, "not an object of texts")
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "not JSON"),
        ("[1]", "not an object of texts"),
        ('{"value": 5}', "not an object of texts"),
        ('{"value": null}', "not an object of texts"),
        (json.dumps({"value": MD5, "status": "removed"}), "unknown keys"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no algorithm has values of 0 characters"),
    ],
)
def test_a_line_that_is_no_json_object_of_texts_is_a_fault(read: Read, line: str, reason: str) -> None:
    listing = read(json.dumps({"value": MD5}) + "\n" + line + "\n")
    assert texts(listing) == {"md5": [MD5]}
    assert faults(listing) == [(2, reason)]


def test_plain_lines_of_more_than_two_words_are_faults(read: Read) -> None:
    assert faults(read(f"{MD5}\nmd5 {MD5} more\n")) == [(2, "more than an algorithm and a value")]


def test_repeated_rows_are_counted_and_kept_once_unless_another_source_gives_them(read: Read) -> None:
    listing = read(f"algorithm,value,source_id\nmd5,{MD5},a\nmd5,{MD5},a\nmd5,{MD5.upper()},a\nmd5,{MD5},b\n")
    assert listing.duplicates == 2
    assert listing.groups[Algorithm.MD5].source_id.to_pylist() == ["a", "b"]


def test_faults_are_counted_beyond_those_that_are_kept(read: Read) -> None:
    listing = read("algorithm,value\n" + "md5,zz\n" * 1500)
    assert (len(listing.faults), listing.fault_count, listing.faults[-1].line) == (1000, 1500, 1001)


def test_rows_keep_their_order_over_batches(read: Read) -> None:
    values = np.random.default_rng(0).integers(0, 256, (70_000, 16), dtype=np.uint8)
    listing = read("algorithm,value\n" + "".join(f"md5,{row.tobytes().hex()}\n" for row in values))
    assert np.array_equal(listing.groups[Algorithm.MD5].values, values)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n \n",
        "algorithm,value\n",
        "FilePath,Hash\na.jpg,00\n",
        f"value,status\n{MD5},removed\n",
        f"value,value\n{MD5},{MD5}\n",
        "algorithm,note\nmd5,x\n",
        b"\x89PNG\r\n" + b"x" * 300,
        b"PK\x03\x04" + b"x" * 300,
        "x" * 5000,
        f'value,"note\n{MD5},x\n',
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(read: Read, content: str | bytes) -> None:
    with pytest.raises(UnreadableListError):
        read(content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableListError):
        read_listing(tmp_path / "missing.csv")
    with pytest.raises(UnreadableListError):
        read_listing(tmp_path)
