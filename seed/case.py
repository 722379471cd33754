"""What a maker of records gets: the subject, the unit, the story to tell, the day it is told and its own dice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeAlias, TypeVar

from seed.city import Unit
from seed.party import Party

T = TypeVar("T")

YEAR = 365
OPEN_ENDED = "2099-12-31"


@dataclass(frozen=True, slots=True)
class Case:
    """One record to be made. ``day`` is the reference day, city time; every date is told by its distance from it."""

    party: Party
    unit: Unit
    story: str
    day: date
    random: Random
    serial: str

    def ago(self, least: int, most: int) -> date:
        """A day between ``least`` and ``most`` days before the reference day."""
        return self.day - timedelta(days=self.random.randint(least, most))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return self.random.choice(options)

    def chance(self, share: float) -> bool:
        """True in that share of all cases."""
        return self.random.random() < share

    def yuan(self, least: int, most: int) -> str:
        """An amount between these many yuan, in hundreds, written in 万元."""
        return f"{self.random.randint(least // 100, most // 100) / 100:.2f}"

    def document(self, letters: str, day: date) -> str:
        """A document number such as 曲市监处罚〔2025〕12号."""
        return f"{letters}〔{day.year}〕{self.random.randint(1, 1999)}号"

    @property
    def from_unit(self) -> dict[str, object]:
        """The columns naming the unit in the licence and penalty standard, two of them under their Chinese headings."""
        return {
            "authority": self.unit.name,
            "authorityCode": self.unit.code,
            "dataSource": self.unit.name,
            "dataSourceCode": self.unit.code,
        }


Values: TypeAlias = dict[str, object]
Maker: TypeAlias = Callable[[Case], Values]


def ended(case: Case, decided: date, *, least: int = 3, most: int = 40) -> str:
    """The day the conduct ended: some days before the decision."""
    return (decided - timedelta(days=case.random.randint(least, most))).isoformat()


def later(day: date, days: int) -> str:
    """The day so many days on."""
    return (day + timedelta(days=days)).isoformat()
