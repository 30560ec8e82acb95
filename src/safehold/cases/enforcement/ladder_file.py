"""The words of the section `ladder` of a rules file, as pydantic models; `value` makes frozen values of them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from safehold.cases.axes import HarmType
from safehold.cases.enforcement.enforcement import Measure
from safehold.cases.enforcement.ladder import AppealRules, Ground, Ladder, Rung
from safehold.reviewed import Strict

_Days = Annotated[int, Field(ge=1, le=3660)]


class AtOnceFile(Strict):
    """`at_once` of a ground: the least that follows."""

    measure: Measure
    days: _Days | None = None

    @model_validator(mode="after")
    def _is_on_accounts(self) -> Self:
        if not self.measure.is_rung:
            raise ValueError(f"{self.measure.value} is no rung: say warn, limit, suspend or ban")
        return self


class RungFile(AtOnceFile):
    """One of `rungs`."""

    strikes: Annotated[int, Field(ge=1, le=100)]

    def value(self) -> Rung:
        """Return it as what people obey."""
        return Rung(self.strikes, self.measure, self.days)


class GroundFile(Strict):
    """One of `grounds`."""

    strike: bool = False
    at_once: AtOnceFile | None = None
    remove_content: bool = False
    hold: bool = False

    def value(self) -> Ground:
        """Return it as what people obey."""
        least = None if self.at_once is None else Rung(0, self.at_once.measure, self.at_once.days)
        return Ground(self.strike, least, self.remove_content, self.hold)


class ByTwoFile(Strict):
    """`by_two`: what takes two people."""

    apply: tuple[Measure, ...]
    lift: tuple[Measure, ...]


class AppealsFile(Strict):
    """`appeals`."""

    within_days: _Days
    answer_days: _Days
    most: Annotated[int, Field(ge=1, le=10)]
    statement_days: _Days

    def value(self) -> AppealRules:
        """Return it as what people obey."""
        return AppealRules(self.within_days, self.answer_days, self.most, self.statement_days)


class LadderFile(Strict):
    """`ladder`: what follows from a confirmed kind of harm."""

    strike_days: _Days
    rungs: Annotated[tuple[RungFile, ...], Field(min_length=1)]
    grounds: dict[HarmType, GroundFile]
    by_two: ByTwoFile
    automatic: tuple[Measure, ...] = ()
    appeals: AppealsFile

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        rungs = [rung.strikes for rung in self.rungs]
        if rungs != sorted(set(rungs)):
            raise ValueError("rungs must go up: each with more strikes than the one before")
        gravities = [rung.measure.gravity for rung in self.rungs]
        if gravities != sorted(gravities):
            raise ValueError("rungs must go up: none milder than the one before")
        return self

    @model_validator(mode="after")
    def _nobody_is_cut_off_alone(self) -> Self:
        if missing := {Measure.BAN} - set(self.by_two.apply):
            raise ValueError(f"by_two.apply must name {', '.join(one.value for one in missing)}")
        if both := set(self.automatic) & set(self.by_two.apply):
            named = ", ".join(sorted(one.value for one in both))
            raise ValueError(f"{named} can't both take two people and come into force by itself")
        return self

    @model_validator(mode="after")
    def _harms_nobody_for_nothing(self) -> Self:
        harmless = self.grounds.get(HarmType.BENIGN)
        if harmless is not None and harmless != GroundFile():
            raise ValueError("grounds.benign must be empty: nothing follows from what is no violation")
        return self

    def value(self) -> Ladder:
        """Return it as what people obey."""
        return Ladder(
            strike_days=self.strike_days,
            rungs=tuple(rung.value() for rung in self.rungs),
            grounds={harm.value: ground.value() for harm, ground in self.grounds.items()},
            apply_by_two=frozenset(self.by_two.apply),
            lift_by_two=frozenset(self.by_two.lift),
            automatic=frozenset(self.automatic),
            appeals=self.appeals.value(),
        )
