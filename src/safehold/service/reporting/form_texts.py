"""The words of the report form, by language.

texts = load_form_texts()
texts["fr"].words["submit"]
"""

from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from safehold.reviewed import ReviewedDataError, Strict, read_text

FALLBACK_LANGUAGE = "en"


class FormTexts(Strict):
    """The words of one language.

    Attributes:
        name: of the language, in that language.
        texts: by key; every language has the same.
    """

    format: Literal["safehold.report-form/1"]
    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")]
    name: str
    status: Literal["draft", "reviewed"]
    texts: Mapping[str, Annotated[str, Field(min_length=1, max_length=400)]]


def load_form_texts() -> dict[str, FormTexts]:
    """Return the words of every language, by its code.

    Raises:
        ReviewedDataError: a file can't be read, or lacks a key that another one has.
    """
    folder = resources.files("safehold.service.reporting") / "texts"
    files = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    found = [read_text(path.read_text(encoding="utf-8"), FormTexts, called=path.name) for path in files]
    keys = set().union(*(one.texts for one in found))
    for one in found:
        if keys - set(one.texts):
            raise ReviewedDataError(
                f"the report form in {one.language!r} lacks: {', '.join(sorted(keys - set(one.texts)))}",
                advice="Give those texts too.",
            )
    return {one.language: one for one in found}
