"""`qufu-credit sweep`: bring what is due to its end, here and now."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from server import clock, logs
from server.actions.platform import Platform
from server.actions.sweep import SweepReport, checked_day
from server.actions.sweep import sweep as swept
from server.cli.database import run_on_platform
from server.cli.progress import bar
from server.errors import BadInput
from server.settings import Settings


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what is due and change nothing.")] = False,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Judge by this day (YYYY-MM-DD) instead of today.")
    ] = None,
) -> None:
    """End, shield or delete what is due (Art. 34 to 36; Shandong Art. 38). Running servers do so by themselves.

    Safe beside them and after a kill. A day that has not come may be looked at with --dry-run only.
    """
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    moment = clock.now()
    day = checked_day(day_of(on) if on is not None else None, moment.date(), dry_run=dry_run)
    with bar("Records") as move:

        async def work(platform: Platform) -> SweepReport:
            return await swept(platform, day, moment, dry_run=dry_run, progress=lambda done: move(done, done))

        report = run_on_platform(settings, work)
    print(report.sentence())


def day_of(text: str) -> date:
    """A day given as YYYY-MM-DD. Raises BadInput."""
    try:
        if len(text) != len("2026-01-31"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("on (日期): a day is written YYYY-MM-DD.", field="on", rule="date") from None
