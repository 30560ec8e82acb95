"""Cases of checks on SQLite and on PostgreSQL: joined once, whole or absent, whoever else writes."""

import hashlib
import threading
from pathlib import Path
from typing import Any

from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import AT, picture

from safehold.classification.text import PromptRules, stand_in_prompt_lexicons, stand_in_rules
from safehold.gateway import Caller, CheckRequest, Context, Item, ItemKind
from safehold.gateway.checking import GatewayChecks, Records
from safehold.gateway.further import Further
from safehold.gateway.in_force import FixedPolicies, InForce
from safehold.gateway.keeping import forget_circumstances, prolong
from safehold.gateway.marks import Marks
from safehold.gateway.media import MediaRoom, StandingLists
from safehold.gateway.observing import Detectors
from safehold.gateway.purge import purge
from safehold.home.outbox import Outbox
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vault.review import make_review_key
from safehold.vocabulary import FixedClock
from safehold.wiring.entrance import Entrance

BOTH = Item(ItemKind.PROMPT, text="a red cube and a blue ball")


def test_checks_of_several_writers_open_one_case_an_account_and_known_bytes_are_put_up_for_a_decision(
    places: Any, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "keys").mkdir(parents=True)
    key = make_review_key(tmp_path / "elsewhere" / "keys", out=tmp_path / "review.key")
    clock = FixedClock(AT)
    home = places.open(tmp_path / "home", clock)
    ledger = open_ledger(home)
    cases = Entrance(home.database, ledger, clock)
    policy = made_up.policy()
    detectors = Detectors(
        PromptRules(stand_in_prompt_lexicons(), stand_in_rules()),
        MediaRoom(made_up.in_process, StandingLists(Index.over([builtin_bank()]))),
        Further(),
    )

    with GroupCommit(home.database, ledger) as first, GroupCommit(home.database, ledger) as second:
        desks = [
            GatewayChecks(
                FixedPolicies(InForce(policy)),
                detectors,
                Records(home.database, commits, ledger, Marks(b"k" * 32), b"k" * 32, key, cases),
                clock,
            )
            for commits in (first, second)
        ]

        def ask(number: int) -> None:
            checks, account = desks[number % 2], f"a-{number % 3}"
            checks.check(CheckRequest((BOTH, Item(ItemKind.IMAGE, data=picture())), Context(account)), Caller("c"))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = cases.list().cases
        assert len(found) == 3
        prompts = [one for case in found for one in cases.items(case.id) if one.told.role == "prompt"]
        assert len(prompts) == 12
        desks[0].check(CheckRequest((Item(ItemKind.IMAGE, data=signature_png()),), Context("b")), Caller("c"))
    (job,) = Outbox(home.database, clock).lease({"case.decide_automatically"}, 60)
    assert job.payload["case"] == cases.find(signature_digest())[0].case
    retention = policy.retention
    assert prolong(home.database, AT.replace(day=25, hour=10), hours=72, most_days=30) >= 12
    assert forget_circumstances(home.database, AT.replace(day=25), days=1) == 0
    purged = purge(home.database, ledger, retention, AT.replace(day=25, hour=11), actor="system", rules=None)
    assert purged.held == 0
    ledger.verify()


def signature_digest() -> str:
    return hashlib.sha256(signature_png()).hexdigest()
