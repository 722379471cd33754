"""What may leave the platform: a record as one viewer may see it, and the book of what was read from it.

``RecordView`` is made by ``server.rules.access.see`` alone; GraphQL, reports, feeds and exports take it and
never a raw record. Every field read is noted in the ``Exposure`` it belongs to, so that the audit entry is
written from the very object that produced the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Cursor: TypeAlias = "str | Callable[[], str]"
"""A cursor, or how to make it: sealing one costs more than most fields, and few are read."""


class Plan(Protocol):
    """The decisions for one kind, as ``server.rules.access`` computes them once per operation."""

    @property
    def type_name(self) -> str: ...

    @property
    def states(self) -> Mapping[str, str]: ...


@dataclass(slots=True)
class KindExposure:
    """Which fields of one record type left, in which form, in how many records."""

    shown: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Records of which only a tombstone left."""


@dataclass(slots=True)
class Exposure:
    """Everything one operation disclosed of one subject on one ground; becomes one audit entry."""

    subject: str
    relation: str
    ground: str
    purpose: str | None = None
    matter: str | None = None
    consent: str | None = None
    hidden_until: str | None = None
    counted: int = 0
    kinds: dict[str, KindExposure] = field(default_factory=dict)

    def met(self, view: RecordView) -> None:
        """Write down that ``view`` was handed out: that a record exists is told even if no field is read."""
        self._of(view.type_name).rows.add(view.id)

    def told(self, type_name: str, record: str) -> None:
        """Write down that the end of a record was told, of which nothing is shown."""
        self._of(type_name).told.add(record)

    def head(self, type_name: str, name: str) -> None:
        """Write down that a field of the subject's own head was read."""
        self._of(type_name).shown.add(name)

    def _of(self, type_name: str) -> KindExposure:
        kind = self.kinds.get(type_name)
        if kind is None:
            kind = self.kinds[type_name] = KindExposure()
        return kind

    def note(self, view: RecordView, name: str, state: str) -> None:
        """Write down that ``name`` of ``view`` was read in ``state`` (SHOWN, MASKED or WITHHELD)."""
        kind = self._of(view.type_name)
        kind.rows.add(view.id)
        if state == "SHOWN":
            kind.shown.add(name)
        elif state == "MASKED":
            kind.masked.add(name)
        else:
            kind.withheld.add(name)


class RecordView:
    """One record for one viewer: only values the viewer may see, plus the plan that says why.

    ``values`` maps field names to stored values (money in units of 0.000001 万元, dates as ISO text). Fields
    that are withheld are simply not in it.
    """

    __slots__ = ("_cursor", "exposure", "id", "kind", "plan", "type_name", "values")

    def __init__(
        self,
        id: str,
        kind: str,
        plan: Plan,
        values: Mapping[str, Any],
        exposure: Exposure | None,
        cursor: Cursor,
    ) -> None:
        self.id = id
        self.kind = kind
        self.type_name = plan.type_name
        self.plan = plan
        self.values = values
        self.exposure = exposure
        self._cursor = cursor

    @property
    def cursor(self) -> str:
        """Where the record stands in the page it was read for."""
        return self._cursor if isinstance(self._cursor, str) else self._cursor()

    def read(self, name: str) -> Any:
        """The value of ``name`` or None, noting the read when the disclosure is not public."""
        if self.exposure is not None:
            self.exposure.note(self, name, self.plan.states[name])
        return self.values.get(name)

    def __repr__(self) -> str:
        return f"RecordView({self.type_name} {self.id})"
