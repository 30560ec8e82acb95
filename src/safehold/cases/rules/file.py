"""The file of case rules: one YAML text with a section for each part, read as a whole or refused as a whole.

    rules = load_rules(Path("case-rules.yaml"))
    rules.label                          # "default-cases@1 sha256:…"

A section is a pydantic model with a `value()`, and a frozen value: those of decisions, review and retention are in this
package; others stand with the room that obeys them, and here is one line for each.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from safehold.cases.enforcement.ladder import Ladder
from safehold.cases.enforcement.ladder_file import LadderFile
from safehold.cases.exposure.rules import ExposureRules
from safehold.cases.exposure.rules_file import ExposureFile
from safehold.cases.queues.definition import QueueDefinition
from safehold.cases.queues.definition_file import QueuesFile, shipped
from safehold.cases.rules.errors import CaseRulesError
from safehold.cases.rules.rules import DecisionRules, RetentionRules, ReviewRules
from safehold.cases.rules.wire import DecisionsFile, RetentionFile, ReviewFile
from safehold.reviewed import ReviewedDataError, Strict, read_file, read_text

FORMAT = "safehold.case-rules/1"

_ADVICE = "docs/cases.md explains every part; the shipped default.yaml is one that is right."
_TITLE = "Safehold's rules for cases"

Name = Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Version = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[0-9][0-9A-Za-z.]*$")]
Person = Annotated[str, Field(min_length=1, max_length=128)]


@dataclass(frozen=True, slots=True)
class CaseRules:
    """Everything that is reviewed of how cases are worked on.

    Attributes:
        name: short name.
        version: the author's version.
        digest: SHA-256, in hexadecimal, of the canonical text: comments and layout don't change it.
        reviewed_by: who reviewed this text; empty means a draft.
        single_operator: whether one person alone runs the installation: nobody is there to be a second one, and every
            decision, event and export says so.
        decisions: how items are decided.
        review: how often a second person decides.
        ladder: what follows from a confirmed kind of harm.
        exposure: how much content one person is shown, and when they rest.
        retention: how long what cases need is kept.
        queues: where cases wait, for whom, and in which order.
    """

    name: str
    version: str
    digest: str
    reviewed_by: tuple[str, ...]
    single_operator: bool
    decisions: DecisionRules
    review: ReviewRules
    ladder: Ladder
    exposure: ExposureRules
    retention: RetentionRules
    queues: tuple[QueueDefinition, ...]

    @property
    def label(self) -> str:
        """Return what decisions and events carry: ``NAME@VERSION sha256:HEX``."""
        return f"{self.name}@{self.version} sha256:{self.digest}"

    @property
    def is_draft(self) -> bool:
        """Return whether nobody is named as having reviewed this text."""
        return not self.reviewed_by


class CaseRulesFile(Strict):
    """The whole file."""

    format: Literal["safehold.case-rules/1"]
    name: Name
    version: Version
    reviewed_by: tuple[Person, ...]
    single_operator: bool = False
    decisions: DecisionsFile
    review: ReviewFile
    ladder: LadderFile
    exposure: ExposureFile
    retention: RetentionFile
    queues: QueuesFile = Field(default_factory=shipped)

    def value(self) -> CaseRules:
        """Return it as what people obey."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return CaseRules(
            name=self.name,
            version=self.version,
            digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
            reviewed_by=self.reviewed_by,
            single_operator=self.single_operator,
            decisions=self.decisions.value(),
            review=self.review.value(),
            ladder=self.ladder.value(),
            exposure=self.exposure.value(),
            retention=self.retention.value(),
            queues=self.queues.value(),
        )


def load_rules(path: Path) -> CaseRules:
    """Read a file of rules.

    Raises:
        CaseRulesError: unreadable; an unknown or missing key, or a value that can't be meant, with its line.
    """
    try:
        return read_file(path, CaseRulesFile, kind="file of case rules").value()
    except ReviewedDataError as error:
        raise CaseRulesError(str(error), advice=_ADVICE) from error


def parse_rules(text: str, *, called: str) -> CaseRules:
    """Read rules from text.

    Args:
        text: YAML.
        called: what error messages call it.

    Raises:
        CaseRulesError: as for `load_rules`.
    """
    try:
        return read_text(text, CaseRulesFile, called=called).value()
    except ReviewedDataError as error:
        raise CaseRulesError(str(error), advice=_ADVICE) from error


def default_rules() -> CaseRules:
    """Return the rules that ship with Safehold."""
    return parse_rules(default_source(), called="default.yaml")


def default_source() -> str:
    """Return the text of the rules that ship with Safehold, with its comments."""
    return resources.files("safehold.cases.rules").joinpath("default.yaml").read_text(encoding="utf-8")


def rules_json_schema() -> str:
    """Return the JSON Schema of files of rules as text; `case-rules.schema.json` holds exactly this."""
    schema: dict[str, Any] = CaseRulesFile.model_json_schema()
    told = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **schema, "title": _TITLE}
    return json.dumps(told, indent=2, sort_keys=True) + "\n"
