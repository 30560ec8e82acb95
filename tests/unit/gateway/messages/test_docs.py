from pathlib import Path

from safehold.gateway.messages import load_catalogue

PAGE = Path(__file__).parents[4] / "docs" / "messages.md"


def test_the_page_names_every_service_with_how_it_is_reached_and_where_that_was_read() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    lines = load_catalogue().help_lines
    assert len(rows) == len(lines)
    for line in lines:
        (row,) = (row for row in rows if f"| `{line.id}` |" in row)
        for told in (line.name, line.phone, line.web, line.read, line.basis.value, *line.sources):
            assert told in row
