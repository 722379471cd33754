"""The sweep: what has come to its end by a day is announced, shielded or deleted (Art. 34 to 36; Shandong Art. 38).

Reads ask the clocks themselves, so a late sweep leaks nothing: what it adds is that data are really gone when they
must be, that those who were given a record are told, and that the log and the feeds say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from server.actions.announce import Transition, placed
from server.actions.audit_log import Writing
from server.actions.batches import BATCH, Step, patiently_carry_out
from server.actions.platform import Platform
from server.actions.system_log import noted
from server.audit.entry import Tag
from server.catalogue.kind import SubjectKind
from server.clock import CITY
from server.errors import BadInput, Conflict
from server.rules import lifecycle
from server.rules.access import Stage
from server.rules.parameters import RetentionEffect
from server.rules.regime import Regime
from server.rules.visibility import Cause
from server.store.marks import Marks

MARK = "sweep"
MARGIN = timedelta(days=7)
"""How far before the day swept last a sweep begins: a record dated before midnight may be written after it."""

DAYS_MOST = 31
"""Days looked at one by one (four small reads each); a longer absence looks for its first day."""

FIRST_DUE, LAST_DUE = date(1990, 1, 1), date(2199, 12, 31)
PASSES_MOST = 5

Progress = Callable[[int], None]
"""Called with the records done so far."""


@dataclass(slots=True)
class SweepReport:
    """What a sweep did, or would do: records by outcome."""

    day: date
    dry_run: bool
    publicity_ended: int = 0
    disclosure_ended: int = 0
    shielded: int = 0
    deleted: int = 0
    moved: int = 0
    """Records whose next day was found to be another, by rules or records that changed since it was noted."""
    filings: int = 0
    """Filings of persons that waited or were returned, and of which nothing may be kept any more (deleted)."""
    left: int = field(default=0)
    """Records somebody else was changing; the next sweep takes them."""

    @property
    def total(self) -> int:
        """Records handled."""
        return self.publicity_ended + self.disclosure_ended + self.shielded + self.deleted + self.moved

    def sentence(self) -> str:
        """The report for people."""
        verb = "would be" if self.dry_run else "were"
        ended = "would end" if self.dry_run else "ended"
        return (
            f"{self.day}: publicity of {self.publicity_ended} and disclosure of {self.disclosure_ended} records "
            f"{ended}; {self.shielded} {verb} shielded and {self.deleted} deleted; the next day of {self.moved} "
            f"{verb} corrected."
        )


def checked_day(on: date | None, today: date, *, dry_run: bool) -> date:
    """The day a sweep is judged by. Raises BadInput for one that has not come, unless nothing is to be done."""
    if on is not None and on > today and not dry_run:
        raise BadInput(
            "on (日期): only a dry run may look at a day that has not come.", field="on", rule="not_future"
        )
    if on is not None and not FIRST_DUE <= on <= LAST_DUE:
        raise BadInput(f"on (日期): a day from {FIRST_DUE} to {LAST_DUE}.", field="on", rule="date_range")
    return on or today


async def sweep(
    platform: Platform,
    day: date,
    at: datetime,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> SweepReport:
    """Bring everything due by ``day`` (city time) to its end. Safe to run again, beside others, and after a kill.

    Memory is bounded by the batch whatever is due. Raises Unavailable.
    """
    report = SweepReport(day, dry_run)
    marks = Marks(platform.mongo)
    mark = await marks.get(MARK)
    since = FIRST_DUE if mark is None else date.fromisoformat(mark["through"]) - MARGIN
    regime = await platform.regimes.fresh(at)
    for _ in range(PASSES_MOST):
        report.left = 0
        due: date | None = since
        while due is not None and due <= day:
            if (day - due).days > DAYS_MOST:
                due = await platform.records.earliest_due(due, day)
                if due is None:
                    break
            async for found in platform.records.due(due, batch):
                await _batch(platform, regime, found, day, at, report)
                if not dry_run:
                    await platform.changes.number()
                if progress is not None:
                    progress(report.total)
            due += timedelta(days=1)
        if dry_run or not report.left:
            break
    if not dry_run:
        report.filings = await _filings(platform, regime, day, at)
    if not dry_run and not report.left and (mark is None or mark["through"] < day.isoformat()):
        await marks.put(MARK, {"through": day.isoformat()})
    return report


async def _batch(
    platform: Platform,
    regime: Regime,
    found: Sequence[dict[str, Any]],
    day: date,
    at: datetime,
    report: SweepReport,
) -> None:
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        decided = [_decide(platform, regime, one, day) for one in part]
        if not report.dry_run:
            try:
                await patiently_carry_out(platform, [step for step, _ in decided], at)
            except Conflict:
                report.left += len(part)
                continue
        for _, outcome in decided:
            setattr(report, outcome, getattr(report, outcome) + 1)


async def _filings(platform: Platform, regime: Regime, day: date, at: datetime) -> int:
    """Delete what waited for its checker, or was sent back, beyond its retention (Art. 36); returns how much."""
    gone = 0
    while True:
        found = await platform.filings.past(day, BATCH)
        over = [one for one in found if _over(platform, regime, one["record"], day)]
        if not over:
            return gone
        rows: dict[str, int] = {}
        for one in over:
            name = platform.catalogue.kind(one["kind"]).type_name
            rows[name] = rows.get(name, 0) + 1

        async def work(
            writing: Writing, over: Sequence[Mapping[str, Any]] = over, rows: Mapping[str, int] = rows
        ) -> None:
            await platform.filings.drop([one["_id"] for one in over], writing.session)
            await writing.append(
                [noted(platform, Tag.RECORD_RETENTION_DELETE, at, rows=rows, reason="filings")]
            )

        await platform.log.transact(work)
        gone += len(over)


def _over(platform: Platform, regime: Regime, record: Mapping[str, Any], day: date) -> bool:
    subject_kind = SubjectKind(record["subject_kind"])
    if lifecycle.effect_of(subject_kind, regime) is not RetentionEffect.DELETE:
        return False
    kept: str = lifecycle.renewed(record, platform.catalogue, regime)["keep_to"]
    return kept < day.isoformat()


def _decide(platform: Platform, regime: Regime, record: dict[str, Any], day: date) -> tuple[Step, str]:
    """What becomes of a record on ``day``, asked anew of the rule; the day noted in it only brought it here."""
    new = dict(record)
    if regime.stale(record):
        new |= lifecycle.renewed(record, platform.catalogue, regime)
    midnight = datetime(day.year, day.month, day.day, tzinfo=CITY)
    if new["keep_to"] < day.isoformat() and record["state"] != "shielded":
        effect = lifecycle.effect_of(SubjectKind(record["subject_kind"]), regime)
        if effect is RetentionEffect.DELETE:
            return Step(Transition(record, None, Cause.DELETED), Tag.RECORD_RETENTION_DELETE), "deleted"
        new |= {"state": "shielded"}
        new |= placed(new, midnight)
        return Step(Transition(record, new, Cause.PERIOD_ENDED), Tag.RECORD_RETENTION_SHIELD), "shielded"
    new |= placed(new, midnight)
    if new["announced"] == record["announced"]:
        return Step(Transition(record, new, Cause.RECOMPUTED), None), "moved"
    step = Step(Transition(record, new, Cause.PERIOD_ENDED), Tag.RECORD_PERIOD_END)
    ended = Stage(new["announced"]) is Stage.DISCLOSURE_ENDED
    return step, "disclosure_ended" if ended else "publicity_ended"
