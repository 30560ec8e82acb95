"""The process that verifies a ledger, as ``python -m safehold.console.explorer.child FOLDER``.

It writes how far it is as lines of JSON, and at last how it ended. A reader that has gone ends it: the next line finds
nobody.
"""

import json
import os
import sys
from pathlib import Path

from safehold.ledger import LedgerBrokenError, UnprovenKeyError
from safehold.vocabulary import SafeholdError
from safehold.wiring import open_workshop

_POLITENESS = 10
"""How far it stands back behind those who answer people, as ``nice`` counts."""


def main() -> None:
    """Verify, and say how it ended."""
    os.nice(_POLITENESS)
    try:
        with open_workshop(Path(sys.argv[1])) as workshop:
            state = workshop.ledger.verify(watch=lambda examined, size: _say(examined=examined, size=size))
    except (LedgerBrokenError, UnprovenKeyError) as error:
        _say(end="broken", fault=str(error))
    except SafeholdError as error:
        _say(end="failed", fault=type(error).__name__)
    else:
        _say(end="sound", size=state.size, signed=state.signed_size, root=state.root_hex)


def _say(**told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
