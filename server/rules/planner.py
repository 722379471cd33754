"""Which records a footing reaches: plans per kind and kind of subject, put together into the clauses a query may fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from server.catalogue.kind import Catalogue, SubjectKind
from server.model.purpose import Purpose
from server.rules.access import WINDOWS, Clause, KindPlan, Relation, Scope, Window

REMEMBERED_MOST = 1_024
"""Questions whose answers are remembered: callers choose what they ask for, in any order."""

T = TypeVar("T")

_Part: TypeAlias = tuple[Mapping[str, KindPlan], Window, frozenset[SubjectKind]]
"""A clause without its day."""


class Planner:
    """``KindPlan`` per question, remembered for one catalogue version; holds decisions, never values.

    Plans under a consent are made anew each time: a consent is re-read on every use.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._memo: dict[tuple[Relation, Purpose | None, str, SubjectKind, Window], KindPlan] = {}
        self._remembered: dict[tuple[Any, ...], Any] = {}

    def plan(self, scope: Scope, code: str, subject_kind: SubjectKind, window: Window) -> KindPlan:
        """The plan for the kind ``code``; KeyError for an unknown kind."""
        kind = self.catalogue.kind(code)
        if scope.consent is not None:
            return KindPlan(scope, kind, subject_kind, window)
        key = (scope.relation, scope.purpose, code, subject_kind, window)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = KindPlan(scope, kind, subject_kind, window)
        return found

    def remembered(self, scope: Scope, question: tuple[Any, ...], answer: Callable[[], T]) -> T:
        """``answer()``, which must follow from relation, purpose and ``question`` alone: never from the day."""
        if scope.consent is not None:
            return answer()
        key = (scope.relation, scope.purpose, *question)
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED_MOST:
                self._remembered.clear()
            self._remembered[key] = answer()
        found: T = self._remembered[key]
        return found

    def first_window(self, scope: Scope) -> Window:
        """The window whose plan explains the footing: what is seen of a record in its ordinary course."""
        return WINDOWS[scope.audience][0]

    def reach(
        self, scope: Scope, subject_kinds: Iterable[SubjectKind], codes: Iterable[str] | None = None
    ) -> tuple[Clause, ...]:
        """The clauses that together hold exactly the records ``scope`` may see.

        ``subject_kinds`` is the one kind of a known subject, or all that may come up; ``codes`` narrows the
        kinds of record (unknown codes reach nothing). Kinds of subject with the same decisions share a clause.
        """
        asked = tuple(subject_kinds)
        known = self.catalogue.kinds
        wanted = None if codes is None else tuple(dict.fromkeys(code for code in codes if code in known))
        parts = self.remembered(
            scope,
            ("reach", asked, wanted),
            lambda: self._parts(scope, asked, tuple(known) if wanted is None else wanted),
        )
        return tuple(Clause(plans, window, kinds, scope.day) for plans, window, kinds in parts)

    def _parts(
        self, scope: Scope, subject_kinds: tuple[SubjectKind, ...], wanted: tuple[str, ...]
    ) -> tuple[_Part, ...]:
        parts: list[_Part] = []
        for window in WINDOWS[scope.audience]:
            groups: dict[tuple[Any, ...], tuple[dict[str, KindPlan], set[SubjectKind]]] = {}
            for subject_kind in subject_kinds:
                plans = {code: self.plan(scope, code, subject_kind, window) for code in wanted}
                plans = {code: plan for code, plan in plans.items() if plan.visible}
                if plans:
                    same = tuple(
                        (code, plan.shown, plan.masked, plan.envelope) for code, plan in plans.items()
                    )
                    groups.setdefault(same, (plans, set()))[1].add(subject_kind)
            parts.extend((plans, window, frozenset(kinds)) for plans, kinds in groups.values())
        return tuple(parts)
