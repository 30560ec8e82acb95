"""The file of remote classifiers: which endpoints there are, what each may be sent, and what its answers mean.

Refused here, since no later check could undo it: plain HTTP to another party, and pictures to another party without a
reference of counsel's. Sending on what may be illegal to hold is a legal act of its own.
"""

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from safehold.reviewed import Strict

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_Concept = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
_Category = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_./ -]{0,47}$")]
_Model = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,95}$")]
_ModelPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+*-]{2,95}$")]
_Mapping = dict[_Category, _Concept]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Protocol(Enum):
    """How an endpoint is asked."""

    OPENAI_MODERATION = "openai-moderation"
    LLAMA_GUARD = "llama-guard"
    POLICY_PROMPT = "policy-prompt"


class OperatedBy(Enum):
    """Whose machine it is: one of the operator's own, or another company's."""

    OWN = "own"
    PARTY = "party"


class Key(Strict):
    """Where an endpoint's key is: a file, or an environment variable."""

    file: Path | None = None
    variable: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.variable is None):
            raise ValueError("name either a file or a variable")
        return self


class BreakerTerms(Strict):
    """When to stop asking: after how many failures in a row, and for how long."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    seconds: Annotated[float, Field(gt=0, le=3600)] = 30


class RemoteTerms(Strict):
    """One remote classifier.

    Attributes:
        name: the detector's name in findings and policies.
        protocol: how it is asked.
        url: up to the path that the protocol adds, such as "https://classifier.internal/v1".
        model: what to ask for.
        answers_as: what the model may call itself in answers, `*` for any characters; the name asked for alone, if
            empty. Another model's answer is a gap: its scores mean something else.
        operated_by: whose machine it is.
        key: where its key is; none for an endpoint without.
        surfaces: where it is asked.
        text: its categories for texts, and the concepts that they mean.
        image: the same for pictures; empty: it is sent none.
        take: of moderation endpoints: their scores, or their yes and no as 1 and 0.
        policy_file: of policy-prompt models: the policy that they judge by.
        effort: of policy-prompt models: how hard to reason, for endpoints that know the word.
        json_mode: of policy-prompt models: whether to ask the endpoint to enforce JSON.
        answer_tokens: the longest answer of a chat model, its reasoning included.
        required: whether its gaps count whatever the policy requires.
        timeout_seconds: for one question, from connecting to the last byte.
        calls_per_minute: of one process; more are gaps.
        concurrent: questions of one process at a time; more wait within their timeout.
        largest_characters: of one text; a longer one is a gap, never cut.
        largest_image_bytes: of one picture; a larger one is a gap.
        largest_answer_bytes: a longer answer is a gap.
        breaker: when to stop asking for a while.
        ca_file: the certificate authority of a private endpoint, PEM.
        counsel_reference: under which advice pictures are sent to another party.
    """

    name: _Name
    protocol: Protocol
    url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$", max_length=300)]
    model: _Model
    answers_as: tuple[_ModelPattern, ...] = ()
    operated_by: OperatedBy
    key: Key | None = None
    surfaces: Annotated[frozenset[Literal["input", "output", "edit", "account"]], Field(min_length=1)]
    text: _Mapping = Field(default_factory=dict)
    image: _Mapping = Field(default_factory=dict)
    take: Literal["scores", "flags"] = "scores"
    policy_file: Path | None = None
    effort: Literal["low", "medium", "high"] | None = None
    json_mode: bool = False
    answer_tokens: Annotated[int, Field(ge=8, le=32_768)] = 1024
    required: bool = True
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 2
    calls_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    concurrent: Annotated[int, Field(ge=1, le=256)] = 8
    largest_characters: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    largest_image_bytes: Annotated[int, Field(ge=1, le=64 << 20)] = 8 << 20
    largest_answer_bytes: Annotated[int, Field(ge=256, le=16 << 20)] = 256 << 10
    breaker: BreakerTerms = BreakerTerms()
    ca_file: Path | None = None
    counsel_reference: Annotated[str, Field(max_length=100)] = ""

    @property
    def address(self) -> str:
        """Return the whole address that questions go to."""
        path = "moderations" if self.protocol is Protocol.OPENAI_MODERATION else "chat/completions"
        return f"{self.url.rstrip('/')}/{path}"

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        parts = urlsplit(self.url)
        is_apart = self.operated_by is OperatedBy.PARTY and parts.hostname not in _LOOPBACK
        if not parts.hostname:
            raise ValueError("the url names no host")
        if parts.scheme == "http" and is_apart:
            raise ValueError("another party's endpoint must be https")
        if self.image and is_apart and not self.counsel_reference.strip():
            raise ValueError("pictures go to another party only with a counsel_reference")
        if not self.text and not self.image:
            raise ValueError("it must map a category under text or image")
        return self

    @model_validator(mode="after")
    def _fits_protocol(self) -> Self:
        if (self.policy_file is not None) is not (self.protocol is Protocol.POLICY_PROMPT):
            raise ValueError("a policy_file belongs to policy-prompt models, and they need one")
        if self.protocol is Protocol.POLICY_PROMPT and self.image:
            raise ValueError("policy-prompt models are asked about texts alone")
        return self


class RemoteTermsFile(Strict):
    """The file as a whole."""

    format: Literal["safehold.remote/1"]
    classifiers: Annotated[tuple[RemoteTerms, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [one.name for one in self.classifiers]
        if len(set(names)) != len(names):
            raise ValueError("two classifiers have one name")
        return self
