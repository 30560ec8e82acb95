"""Banks through the command line."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


TERMS = ("--class", "test", "--tier", "review", "--legal-basis", "made-up", "--source", "nobody")


def digest(number: int) -> str:
    return hashlib.sha256(f"made-up {number}".encode()).hexdigest()


@pytest.fixture
def hashes(tmp_path: Path) -> Path:
    path = tmp_path / "hashes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("algorithm", "value", "note", "source_id"))
        writer.writerows(("sha256", digest(number), "", f"id-{number}") for number in range(5))
    return path


def test_an_import_creates_the_bank_and_repeating_it_changes_nothing(call: Call, hashes: Path) -> None:
    first = call("bank", "import", "made-up", hashes, *TERMS)
    assert (first.code, first.data["added"]) == (0, 5)
    assert first.data["bank"]["tier"] == "review"
    again = call("bank", "import", "made-up", hashes)
    assert (again.code, again.data["added"], again.data["known"]) == (0, 0, 5)
    assert again.data["bank"]["version"] == first.data["bank"]["version"]


def test_the_tier_is_trusted_where_none_is_stated(call: Call, hashes: Path) -> None:
    assert call("bank", "import", "made-up", hashes, "--class", "test").data["bank"]["tier"] == "trusted"


def test_the_test_bank_is_always_there_and_can_not_be_changed(call: Call, hashes: Path) -> None:
    banks = call("bank", "list").data["banks"]
    assert [bank["name"] for bank in banks] == ["test"]
    refused = call("bank", "import", "test", hashes, *TERMS)
    assert refused.code == 2
    assert refused.data["error"]["advice"]


def test_malformed_rows_are_refused_with_their_lines_or_counted(call: Call, hashes: Path) -> None:
    with hashes.open("a") as file:
        file.write("sha256,not hexadecimal,,\n")
    refused = call("bank", "import", "made-up", hashes, *TERMS)
    assert refused.code == 2
    assert "line 7" in refused.errors
    assert [bank["name"] for bank in call("bank", "list").data["banks"]] == ["test"]
    done = call("bank", "import", "made-up", hashes, *TERMS, "--skip-malformed")
    assert (done.code, done.data["added"], done.data["malformed"]) == (0, 5, 1)
    assert [fault["line"] for fault in done.data["faults"]] == [7]


def test_what_is_withdrawn_stays_withdrawn_when_it_is_imported_again(call: Call, hashes: Path) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    assert call("bank", "withdraw", "made-up", digest(0), "--reason", "an error").data["withdrawn"] == 1
    assert call("bank", "withdraw", "made-up", "--source-id", "id-1", "--reason", "an error").data["withdrawn"] == 1
    assert call("bank", "import", "made-up", hashes).data["withdrawn_before"] == 2
    assert call("bank", "show", "made-up").data["bank"]["entries"] == {"sha256": 3}


def test_a_withdrawal_names_at_least_one_entry_and_a_reason(call: Call, hashes: Path) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    assert call("bank", "withdraw", "made-up", "--reason", "an error").code == 2
    assert call("bank", "withdraw", "made-up", digest(0)).code == 2


def test_a_whole_bank_is_withdrawn_and_takes_no_more_lists(call: Call, hashes: Path) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    done = call("bank", "withdraw", "made-up", "--all", "--reason", "the source took it back")
    assert (done.code, done.data["bank"]["withdrawn_reason"]) == (0, "the source took it back")
    assert call("bank", "show", "made-up").data["bank"]["withdrawn_at"]
    assert call("bank", "list").data["banks"][1]["withdrawn_at"]
    refused = call("bank", "import", "made-up", hashes)
    assert refused.code == 2
    assert "another name" in refused.data["error"]["advice"]


def test_a_withdrawal_is_of_entries_or_of_the_whole_bank_never_both(call: Call, hashes: Path) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    assert call("bank", "withdraw", "made-up", digest(0), "--all", "--reason", "an error").code == 2
    assert call("bank", "show", "made-up").data["bank"]["entries"] == {"sha256": 5}


def test_values_of_plain_pictures_are_pointed_out_and_held(call: Call, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"algorithm,value\npdq,{'0' * 64}\n")
    done = call("bank", "import", "made-up", tmp_path / "list.csv", *TERMS)
    assert (done.code, done.data["added"], done.data["featureless"]) == (0, 1, 1)


def test_a_bank_is_exported_only_if_its_terms_allow_it(call: Call, hashes: Path, tmp_path: Path) -> None:
    call("bank", "import", "closed", hashes, *TERMS)
    call("bank", "import", "open", hashes, *TERMS, "--onward-sharing", "--terms", "free")
    refused = call("bank", "export", "closed", "--out", tmp_path / "closed.csv")
    assert refused.code == 2
    assert not (tmp_path / "closed.csv").exists()
    assert call("bank", "export", "open", "--out", tmp_path / "open.csv").data["entries"] == 5
    assert call("bank", "import", "copy", tmp_path / "open.csv", *TERMS).data["added"] == 5


def test_an_export_that_is_refused_for_what_lies_there_is_no_event(call: Call, hashes: Path, tmp_path: Path) -> None:
    call("bank", "import", "open", hashes, *TERMS, "--onward-sharing", "--terms", "free")
    out = tmp_path / "open.csv"
    out.write_text("mine")
    before = call("ledger", "verify").data["events"]
    assert call("bank", "export", "open", "--out", out).code == 2
    assert out.read_text() == "mine"
    assert call("ledger", "verify").data["events"] == before
    out.unlink()
    assert call("bank", "export", "open", "--out", out).code == 0
    assert call("bank", "export", "open", "--out", out).code == 2, "giving onward is an act, not a file to keep up"
    assert call("ledger", "verify").data["events"] == before + 1


def test_rows_keep_a_class_of_their_own_and_the_report_says_how_many(
    call: Call, shown: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    rows = [f"sha256,{digest(number)},{'test' if number < 2 else ''}" for number in range(5)]
    (tmp_path / "list.csv").write_text("\n".join(["algorithm,value,class", *rows]) + "\n")
    done = call("bank", "import", "made-up", tmp_path / "list.csv", "--class", "ncii")
    assert done.data["other_classes"] == {"test": 2}
    assert call("bank", "list").data["banks"][1]["classes"] == ["ncii", "test"]
    assert "ncii, test" in shown("bank", "list")[1]
    assert "2 rows of class test" in shown("bank", "import", "made-up", tmp_path / "list.csv")[1]


def test_a_list_of_one_class_says_nothing_of_others(call: Call, hashes: Path) -> None:
    assert call("bank", "import", "made-up", hashes, *TERMS).data["other_classes"] == {}
    assert call("bank", "list").data["banks"][1]["classes"] == ["test"]


def test_banks_are_listed_although_one_of_them_is_damaged(
    call: Call, shown: Callable[..., tuple[int, str]], home: Path, hashes: Path
) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    (part,) = (home / "banks" / "made-up").glob("*.parquet")
    part.write_bytes(b"nothing")
    assert call("bank", "list").data["banks"][1]["classes"] == []
    assert "damaged" in shown("bank", "list")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("bank", "show", "nowhere"),
        ("bank", "import", "made-up", "no-such-file", "--class", "test"),
        ("bank", "create", "With Spaces", "--class", "test"),
        ("bank", "create", "made-up", "--class", "unheard-of"),
        ("bank", "create", "made-up"),
    ],
)
def test_wrong_input_exits_2_and_says_what_to_do(call: Call, arguments: tuple[str, ...]) -> None:
    said = call(*arguments)
    assert said.code == 2
    assert said.data["error"]["advice"]


def test_a_bank_of_an_unstated_class_is_refused(call: Call, hashes: Path) -> None:
    refused = call("bank", "import", "made-up", hashes)
    assert refused.code == 2
    assert "--class" in refused.data["error"]["advice"]


def test_every_change_is_an_event_without_names_of_files(call: Call, hashes: Path, tmp_path: Path) -> None:
    call("bank", "import", "made-up", hashes, *TERMS)
    call("ledger", "export", "--out", tmp_path / "ledger.jsonl")
    text = (tmp_path / "ledger.jsonl").read_text()
    assert "bank.imported" in text
    assert "hashes" not in text
    assert digest(0) not in text


def test_an_import_says_how_many_videos_a_vpdq_list_has_and_what_it_left_out(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "video.txt"
    path.write_text(f"0,100,{digest(1)},0.000\n1,49,{digest(2)},0.033\n2,100,{digest(3)},0.067\n")
    told = call("bank", "import", "videos", path, *TERMS)
    assert (told.data["added"], told.data["videos"], told.data["unclear_frames"]) == (2, 1, 1)
    path.write_text(f"0,100,{digest(1)},0.000\n1,49,{digest(2)}\n2,200,{digest(3)},0.067\n")
    refused = call("bank", "import", "videos", path)
    assert refused.code == 2
    assert "line 3" in str(refused.data)
