"""The life of gateway policies: draft, shadow, active, retired.

A policy's text and an actor enter; a stored policy and an event of every step leave. Processes that decide ask
`LivePolicies` what is in force; people ask what changed (`compare_policies`) and what would change (`back_test`).
"""

from safehold.gateway.lifecycle.backtest import BackTest, RecordedDecision, Shift, back_test
from safehold.gateway.lifecycle.comparison import compare_policies, counted_directions
from safehold.gateway.lifecycle.errors import (
    FourEyesError,
    NothingToRollBackError,
    PolicyAlteredError,
    PolicyExistsError,
    PolicyMissingError,
    PolicyStateError,
)
from safehold.gateway.lifecycle.history import Activation
from safehold.gateway.lifecycle.in_force import LivePolicies
from safehold.gateway.lifecycle.recorded import recorded_decisions, shadow_tally
from safehold.gateway.lifecycle.store import PolicyStore
from safehold.gateway.lifecycle.stored import PolicyState, StoredPolicy

__all__ = [
    "Activation",
    "BackTest",
    "FourEyesError",
    "LivePolicies",
    "NothingToRollBackError",
    "PolicyAlteredError",
    "PolicyExistsError",
    "PolicyMissingError",
    "PolicyState",
    "PolicyStateError",
    "PolicyStore",
    "RecordedDecision",
    "Shift",
    "StoredPolicy",
    "back_test",
    "compare_policies",
    "counted_directions",
    "recorded_decisions",
    "shadow_tally",
]
