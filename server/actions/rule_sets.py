"""What rule sets there are and which are applied (Art. 86, 87)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from server.actions.operation import Operation
from server.rules.ruleset import RuleSet
from server.store.rule_sets import SHIPPED, rule_set_of


@dataclass(frozen=True, slots=True)
class RuleSetView:
    """One version of a rule set: whether an operator made it active, whether it is applied today, since when, and
    whether that goes beyond its own term (Art. 87). ``place`` is its place among the applied ones, superior first."""

    content: RuleSet
    version: int
    active: bool
    place: int | None
    beyond_term: bool
    loaded_at: datetime
    activated_at: datetime | None

    @property
    def applied(self) -> bool:
        """Whether dates are computed by it today."""
        return self.place is not None


async def rule_sets(operation: Operation, *, every_version: bool, drafts: bool = False) -> list[RuleSetView]:
    """The newest and the active version of each rule set, or every version; applied ones first, superior first."""
    regimes = operation.platform.regimes
    # What an operator loaded and never activated is a draft, and nobody's business yet.
    stored = [
        one
        for one in await regimes.book.all()
        if drafts or one["activated_at"] or one["loaded_by"] == SHIPPED
    ]
    newest = {one["rule_set"]: one["version"] for one in stored}
    ids = list(regimes.ids)
    views = [
        RuleSetView(
            content=rule_set_of(one),
            version=one["version"],
            active=one["active"],
            place=ids.index(one["_id"]) if one["_id"] in ids else None,
            beyond_term=one["_id"] in ids and _lapsed(rule_set_of(one), operation.today),
            loaded_at=one["loaded_at"],
            activated_at=one["activated_at"],
        )
        for one in stored
        if every_version or one["active"] or one["version"] == newest[one["rule_set"]]
    ]
    return sorted(views, key=_order)


def _order(one: RuleSetView) -> tuple[int, str, int]:
    return (one.place if one.place is not None else 1_000, one.content.id, -one.version)


def _lapsed(one: RuleSet, day: date) -> bool:
    return one.effective_to is not None and one.effective_to < day
