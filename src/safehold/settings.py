"""Settings: one frozen tree, read once, from ``settings.yaml`` in the home and then the environment.

An environment variable is the upper-case key after ``SAFEHOLD_`` and wins over the file: ``SAFEHOLD_WORKERS=4``. Lists
in the environment are separated by commas. Unknown keys are refused in both places: a misspelt safety setting must not
be silently without effect.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from safehold.home.home import SETTINGS_NAME
from safehold.home.postgresql import parse_address
from safehold.vocabulary import UsageError

PREFIX = "SAFEHOLD_"
NOT_SETTINGS = frozenset(
    {"SAFEHOLD_HOME", "SAFEHOLD_DEBUG", "SAFEHOLD_SOAK", "SAFEHOLD_ENGINE", "SAFEHOLD_URL", "SAFEHOLD_KEY"}
)
"""Variables that say how a command runs, or whom a client asks, not what an installation is."""
_LISTS = frozenset(
    {"lexicons", "registers", "classifiers", "source_variables", "trusted_proxies", "url_networks", "word_lists"}
    | {"messages", "trusted_flaggers", "report_embedders", "webhook_networks", "oidc_scopes", "oidc_roles"}
    | {"enforcement_webhooks", "danger_contacts"}
)


_SOURCE_VARIABLES = (
    "HOME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "HF_TOKEN",
    "FSSPEC_CONFIG_DIR",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
)
_SQLITE = "sqlite"


class MalformedSettingsError(UsageError):
    """The settings file or an environment variable can't be used."""


class Settings(BaseModel):
    """Everything an installation can be told."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    policy: Path | None = Field(None, description="The policy file used where a command names none; the shipped one.")
    case_rules: Path | None = Field(None, description="The rules that cases are worked on by; the shipped ones.")
    lexicons: tuple[Path, ...] = Field((), description="Own lexicon files, read beside the shipped ones.")
    registers: tuple[Path, ...] = Field((), description="Own files of known-risk domains and address patterns.")
    classifiers: tuple[str, ...] = Field(
        (), description="Image classifiers to run, by entry-point name. One that fails to load stops the start."
    )
    source_variables: tuple[str, ...] = Field(
        _SOURCE_VARIABLES,
        description="Environment variables that decoding processes get, but only to read sources behind an address.",
    )
    messages: tuple[Path, ...] = Field((), description="Own files of messages and help-lines, over the shipped ones.")
    workers: int | None = Field(None, ge=1, le=1024, description="Decoding processes of a scan; one for each core.")
    actor: str | None = Field(None, description="Who acts, in the ledger; the operating system's user name.")
    database: SecretStr = Field(
        SecretStr(_SQLITE),
        description="Where the tables lie: sqlite, in the home; or postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME.",
    )
    vault_s3_bucket: str | None = Field(
        None, description="The bucket of S3-compatible storage that sealed evidence lies in; none: the home."
    )
    vault_s3_prefix: str = Field("", description="Before the names of all objects in that bucket; none.")
    vault_s3_endpoint: str | None = Field(
        None, description="The address of storage other than Amazon's, https://...; Amazon's own."
    )
    vault_s3_region: str | None = Field(None, description="The bucket's region; what AWS's variables say.")
    database_file: Path | None = Field(
        None, description="A file that holds the database's address, in place of `database`; none."
    )
    gateway_policy: Path | None = Field(
        None, description="The gateway's policy file as long as none is active in the home; the shipped one."
    )
    single_operator: bool = Field(
        False, description="Whether who proposes a gateway policy may approve it too, which is then stated; false."
    )
    word_lists: tuple[str, ...] = Field(
        (), description="Own or licensed word lists for prompts, each as CONCEPT=FILE with one term on a line."
    )
    remote_classifiers: Path | None = Field(
        None, description="The file of classifiers elsewhere that prompts and pictures are sent to; none."
    )
    media_children: int | None = Field(
        None, ge=1, le=256, description="Decoding processes of one gateway process; one for each core."
    )
    host: str = Field("127.0.0.1", description="Where the service listens: this machine alone, 127.0.0.1.")
    port: int = Field(8080, ge=0, le=65535, description="On which port, 8080; 0 for any that is free.")
    console_port: int = Field(8081, ge=0, le=65535, description="On which port the console listens, 8081.")
    console_address: str | None = Field(
        None,
        pattern=r"^(https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:\d{1,5})?)$",
        description="Where people open the console, as https://review.example; security keys are bound to it. None.",
    )
    console_second_factor: bool = Field(
        True, description="Whether who has a password here must set up a second factor too; true."
    )
    oidc_issuer: str | None = Field(
        None, description="The identity provider that signs people in to the console, as https://login.example; none."
    )
    oidc_client_id: str | None = Field(None, description="What the identity provider calls the console.")
    oidc_client_secret_file: Path | None = Field(
        None, description="A file with the secret that proves the console to the identity provider; none: PKCE alone."
    )
    oidc_scopes: tuple[str, ...] = Field(
        ("openid", "profile"), description="What the identity provider is asked for; add what its groups need."
    )
    oidc_roles_claim: str = Field("groups", description="Which claim names the groups of a person; groups.")
    oidc_roles: tuple[str, ...] = Field(
        (), description="Which groups stand for which roles, each as GROUP=ROLE; who has none is not let in."
    )
    review_key: Path | None = Field(
        None,
        description="The review key's private half, for the console's process alone; none: it shows no content.",
    )
    tls_certificate: Path | None = Field(None, description="The service's certificate chain, PEM; none: plain HTTP.")
    tls_key: Path | None = Field(None, description="The private key of the certificate, PEM.")
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks of proxies whose word on client addresses is taken; none."
    )
    requests_per_second: int = Field(
        1000, ge=1, description="Requests a second that a key may make of one process, unless it says otherwise; 1000."
    )
    largest_request_mib: int = Field(64, ge=1, le=4096, description="The largest request, in MiB; 64.")
    bytes_in_flight_mib: int = Field(
        512, ge=1, description="All requests that one process holds at a time, in MiB; 512. More are told to wait."
    )
    request_seconds: int = Field(
        30, ge=1, le=600, description="How long a request may take to arrive, and a check; 30."
    )
    deferred_checks: int = Field(
        256, ge=0, description="Checks that may wait to be answered later, for one process; 256."
    )
    answers_hours: int = Field(
        24, ge=1, le=720, description="How long answers are kept for whoever asks again with the same key; 24."
    )
    url_inputs: bool = Field(
        False, description="Whether media may be given as an address that the service fetches; false."
    )
    url_networks: tuple[str, ...] = Field(
        (), description="Internal networks that may be fetched from all the same, such as 10.1.0.0/16; none."
    )
    url_seconds: int = Field(10, ge=1, le=120, description="How long fetching may take, redirects included; 10.")
    webhook_networks: tuple[str, ...] = Field(
        (), description="Internal networks that webhooks may go to, also without TLS, such as 10.1.0.0/16; none."
    )
    webhook_seconds: int = Field(10, ge=1, le=120, description="How long one delivery of a webhook may take; 10.")
    enforcement_webhooks: tuple[str, ...] = Field(
        (), description="Names of webhooks that are told of measures and decided appeals; none: systems poll."
    )
    refuse_suspended: bool = Field(
        True, description="Whether checks that name a suspended or banned account are denied; true."
    )
    danger_contacts: tuple[Path, ...] = Field(
        (), description="Own files of whom to call where somebody's life may be in danger, before the shipped ones."
    )
    trusted_flaggers: tuple[str, ...] = Field((), description="Names of API keys whose reports come first and hold.")
    report_embedders: tuple[str, ...] = Field(
        (), description="Origins, such as https://app.example, whose pages may show the report form in a frame."
    )
    report_days: int = Field(
        90, ge=1, le=3650, description="Days that what people wrote stays, sealed, after a report is closed; 90."
    )

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that these settings name: policies, lexicons, registers, messages, word lists; in order."""
        single = (self.policy, self.gateway_policy, self.remote_classifiers)
        words = (Path(named.partition("=")[2]) for named in self.word_lists)
        return (*(path for path in single if path is not None), *self.lexicons, *self.registers, *self.messages, *words)

    def server(self) -> sa.URL | None:
        """Return the address of the database on a server; None where the tables lie in the home.

        Raises:
            MalformedSettingsError: its file can't be read.
            DatabaseAddressError: it is no address. No error repeats it, since it may hold a password.
        """
        address = self.database.get_secret_value().strip()
        if self.database_file is not None and address == _SQLITE:
            try:
                address = self.database_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise MalformedSettingsError(
                    f"{self.database_file} can't be read", advice="Check setting 'database_file' and the file's rights."
                ) from error
        return None if address == _SQLITE else parse_address(address)


def load_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of a home.

    Args:
        folder: the home; its file may be absent.
        environment: variables; those without the prefix are ignored.

    Raises:
        MalformedSettingsError: unreadable, not a mapping, an unknown key, or a value of a wrong kind or range.
    """
    tree = _from_file(folder / SETTINGS_NAME)
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            key = name.removeprefix(PREFIX).lower()
            tree[key] = _value(key, value)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise MalformedSettingsError(
            _say(error), advice=f"Correct {folder / SETTINGS_NAME} or the variable."
        ) from error


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedSettingsError(f"{path} can't be read", advice="Check its rights and that it is text.") from error
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MalformedSettingsError(f"{path} is not YAML: {error}", advice="Correct it at that line.") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise MalformedSettingsError(f"{path} holds no keys", advice="Write `key: value` lines; see docs/settings.md.")
    return tree


def _value(key: str, text: str) -> str | list[str]:
    if key in _LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _say(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown setting {key!r} (in the file, or as {PREFIX}{key.upper()})"
    return f"setting {key!r}: {first['msg']}"
