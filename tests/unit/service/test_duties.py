"""The workers' duties."""

from pathlib import Path

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.service.serving.duties import Signatures
from safehold.vocabulary import Event, SystemClock


def test_what_the_ledger_holds_is_signed_and_nothing_is_signed_twice(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        duty = Signatures(ledger)
        ledger.append(Event("test.happened", "system"))
        assert duty.sign() == ledger.checkpoints()[-1].size > 1
        assert duty.sign() == 0
        ledger.append(Event("test.happened", "system"))
        assert duty.sign() == 1
        assert len(ledger.checkpoints()) == 2
