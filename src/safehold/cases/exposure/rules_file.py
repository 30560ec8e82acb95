"""The words of the section `exposure` of a rules file, as pydantic models; `value` makes frozen values of them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from safehold.cases.exposure.rules import Dose, ExposureRules, Support
from safehold.reviewed import Strict
from safehold.vocabulary import Fraction, Seconds

_Items = Annotated[int, Field(ge=1, le=10_000)]
_Minutes = Annotated[int, Field(ge=1, le=1440)]
_Seconds = Annotated[int, Field(ge=1, le=86_400)]


class DoseFile(Strict):
    """`day` or `stretch`: whichever of both is reached first."""

    items: _Items
    minutes: _Minutes

    def value(self) -> Dose:
        """Return it as what people obey."""
        return Dose(self.items, Seconds(self.minutes * 60.0))


class SupportFile(Strict):
    """One of `support`."""

    name: Annotated[str, Field(min_length=2, max_length=100)]
    web: Annotated[str, Field(pattern=r"^(https://\S+)?$", max_length=300)] = ""
    phone: Annotated[str, Field(pattern=r"^(\+?[0-9][0-9 -]{1,23})?$")] = ""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not (self.web or self.phone):
            raise ValueError("say a web address or a phone number: there is no way to reach it")
        return self


class ExposureFile(Strict):
    """`exposure`: how much content one person is shown, and when they rest."""

    day: DoseFile
    stretch: DoseFile
    break_minutes: _Minutes
    rest_hours: Annotated[int, Field(ge=4, le=24)]
    assumed_seconds: _Seconds
    longest_seconds: _Seconds
    viewed_from_milliseconds: Annotated[int, Field(ge=1, le=60_000)]
    smallest_group: Annotated[int, Field(ge=3, le=1000)]
    largest_share: Annotated[float, Field(gt=0, le=1)]
    support: tuple[SupportFile, ...] = ()

    @model_validator(mode="after")
    def _a_stretch_is_within_a_day(self) -> Self:
        if self.stretch.items > self.day.items or self.stretch.minutes > self.day.minutes:
            raise ValueError("stretch is more than a whole day; nobody would ever have a break")
        if self.break_minutes >= self.rest_hours * 60:
            raise ValueError("break_minutes is as long as the rest that ends a day")
        if self.assumed_seconds > self.longest_seconds:
            raise ValueError("assumed_seconds is longer than the longest_seconds of an exposure")
        return self

    def value(self) -> ExposureRules:
        """Return it as what people obey."""
        return ExposureRules(
            day=self.day.value(),
            stretch=self.stretch.value(),
            break_seconds=Seconds(self.break_minutes * 60.0),
            rest_seconds=Seconds(self.rest_hours * 3600.0),
            assumed_seconds=Seconds(float(self.assumed_seconds)),
            longest_seconds=Seconds(float(self.longest_seconds)),
            viewed_from_milliseconds=self.viewed_from_milliseconds,
            smallest_group=self.smallest_group,
            largest_share=Fraction(self.largest_share),
            support=tuple(Support(one.name, one.web, one.phone) for one in self.support),
        )
