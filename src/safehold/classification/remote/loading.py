"""From the file of remote classifiers to classifiers."""

from collections.abc import Mapping
from pathlib import Path

from safehold.classification.remote.dialect import Dialect
from safehold.classification.remote.endpoint import Endpoint
from safehold.classification.remote.errors import RemoteKeyError, RemoteSettingsError, TransportMissingError
from safehold.classification.remote.llama_guard import LlamaGuard
from safehold.classification.remote.moderation import Moderation
from safehold.classification.remote.policy_prompt import PolicyPrompt
from safehold.classification.remote.terms import Key, Protocol, RemoteTerms, RemoteTermsFile
from safehold.reviewed import read_file
from safehold.vocabulary import Clock

_LONGEST_KEY = 4096
_LONGEST_POLICY = 200_000


def read_remote(path: Path) -> RemoteTermsFile:
    """Read the file of remote classifiers; the files that it names are looked for beside it.

    Raises:
        ReviewedDataError: not of this form; key and line are named.
    """
    read = read_file(path, RemoteTermsFile, kind="file of remote classifiers")
    return read.model_copy(update={"classifiers": tuple(_beside(one, path.parent) for one in read.classifiers)})


def load_remote(file: RemoteTermsFile | None, environment: Mapping[str, str], clock: Clock) -> tuple[Endpoint, ...]:
    """Return the classifiers of a file, in its order; nobody is asked anything yet.

    Args:
        file: None for none.
        environment: where keys may be.
        clock: for budgets and breakers.

    Raises:
        RemoteKeyError: a key is not where the file says.
        RemoteSettingsError: a policy or a certificate authority can't be read.
        TransportMissingError: what speaks HTTP is not installed.
    """
    return tuple(_endpoint(terms, environment, clock) for terms in (() if file is None else file.classifiers))


def _endpoint(terms: RemoteTerms, environment: Mapping[str, str], clock: Clock) -> Endpoint:
    try:
        from safehold.classification.remote.transport import Transport  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError as error:
        raise TransportMissingError(
            f"the remote classifier {terms.name} needs httpcore, which is not installed",
            advice="Install it with: pip install 'safehold[server]'",
        ) from error
    key = "" if terms.key is None else _key(terms.name, terms.key, environment)
    line = Transport(terms.address, key, connections=terms.concurrent, ca_file=terms.ca_file)
    return Endpoint(terms, dialect_of(terms), line, clock)


def dialect_of(terms: RemoteTerms) -> Dialect:
    """Return what speaks the protocol of an endpoint.

    Raises:
        RemoteSettingsError: its policy can't be read.
    """
    match terms.protocol:
        case Protocol.OPENAI_MODERATION:
            return Moderation(terms)
        case Protocol.LLAMA_GUARD:
            return LlamaGuard(terms)
        case Protocol.POLICY_PROMPT:
            return PolicyPrompt(terms, _policy(terms))


def _policy(terms: RemoteTerms) -> str:
    try:
        text = Path(terms.policy_file or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RemoteSettingsError(
            f"the policy_file of {terms.name} can't be read", advice="Name a readable UTF-8 text."
        ) from error
    if not text.strip() or len(text) > _LONGEST_POLICY:
        raise RemoteSettingsError(
            f"the policy_file of {terms.name} is empty or too long", advice=f"At most {_LONGEST_POLICY} characters."
        )
    return text


def _key(name: str, key: Key, environment: Mapping[str, str]) -> str:
    if key.variable is not None:
        found = environment.get(key.variable, "")
    else:
        try:
            found = Path(key.file or "").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise _no_key(name) from error
    found = found.strip()
    if not found or len(found) > _LONGEST_KEY or not (found.isascii() and found.isprintable()):
        raise _no_key(name)
    return found


def _no_key(name: str) -> RemoteKeyError:
    return RemoteKeyError(
        f"the key of the remote classifier {name} is missing, or no printable line",
        advice="Put it into the file or the environment variable that its settings name.",
    )


def _beside(terms: RemoteTerms, folder: Path) -> RemoteTerms:
    key = terms.key
    if key is not None and key.file is not None:
        key = key.model_copy(update={"file": folder / key.file})
    files = {name: folder / path for name in ("policy_file", "ca_file") if (path := getattr(terms, name)) is not None}
    return terms.model_copy(update={"key": key, **files})
