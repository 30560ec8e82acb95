"""Check a file of reviewed data against its model: unknown keys are refused, and every complaint names key and line.

file = read_file(Path("policy.yaml"), PolicyFile, kind="policy")
"""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from safehold.reviewed.document import LARGEST_BYTES, Document, UnreadableYamlError, read_yaml
from safehold.vocabulary import UsageError

ModelT = TypeVar("ModelT", bound=BaseModel)


class ReviewedDataError(UsageError):
    """A file of reviewed data can't be read, or says something that can't be meant."""


class Strict(BaseModel):
    """A part of a file: unknown keys and numbers that are no numbers are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def read_file(path: Path, model: type[ModelT], *, kind: str) -> ModelT:
    """Read and check a file.

    Raises:
        ReviewedDataError: as for `read_text`, or the file can't be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1).decode("utf-8")  # one more, which the reader of the text refuses
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewedDataError(f"the {kind} {path} can't be read", advice="Give a readable UTF-8 file.") from error
    return read_text(text, model, called=str(path))


def read_text(text: str, model: type[ModelT], *, called: str) -> ModelT:
    """Check a text.

    Args:
        text: YAML.
        model: what it must be.
        called: what error messages call it.

    Raises:
        ReviewedDataError: no plain YAML, an unknown or missing key, a value that can't be meant; with its line.
    """
    try:
        document = read_yaml(text)
    except UnreadableYamlError as error:
        raise ReviewedDataError(f"{called}, {error}", advice=error.advice) from error
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise ReviewedDataError(
            _complaint(error, document, called),
            advice="Correct the named lines; docs/policy.md says what each key means.",
        ) from error


def _complaint(error: ValidationError, document: Document, called: str) -> str:
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        where = tuple(part for part in fault["loc"] if part != "[key]")
        name = ".".join(str(part) for part in where) or "the file"
        faults.append(f"{called}, line {document.line_of(where)}: {name}: {_in_words(fault['type'], fault['msg'])}")
    return "\n".join(faults)


_WORDS = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "model_type": "must be keys with their values",
    "dict_type": "must be keys with their values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be text; put quotes around it",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "has a character that can't stand here",
}
"""What to say of a kind of fault, by pydantic's name for it; of others its own words are clear."""


def _in_words(kind: str, said: str) -> str:
    """Return what is wrong in words for people who have never heard of the model."""
    plain = said.removeprefix("Value error, ").replace("Input should be", "must be")
    return _WORDS.get(kind, plain.replace("a valid ", "a "))
