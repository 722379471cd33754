"""`qufu-credit calendar`: the working days of the State Council's notices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server import clock, logs
from server.actions import change_rules
from server.actions.change_rules import Loaded
from server.actions.platform import Platform
from server.cli.database import run_on_platform
from server.errors import BadInput
from server.rules.notices import SIZE_MOST
from server.settings import Settings

app = typer.Typer(help="The working-day calendar.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Working days with make-up days; deadlines beyond the last known day are provisional."""


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="The arrangement of one year, in YAML.")],
    by: Annotated[str, typer.Option("--by", help="Name of the operator, for the log.")],
) -> None:
    """Load the State Council's notice of a year; provisional deadlines it decides are computed again.

    The file names `year`, `notice`, `holidays` (name, from, to) and `workdays` (name, on): the weekend days worked.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(SIZE_MOST + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput("The file cannot be read as text.", field="file", rule="readable") from None

    async def work(platform: Platform) -> tuple[Loaded, str]:
        made = await change_rules.load_calendar(platform, text, by, clock.now())
        return made, str(platform.regimes.current.calendar.valid_through)

    made, through = run_on_platform(_settings(), work)
    state = "kept" if made.fresh else "there already"
    print(f"{made.name} version {made.version} is {state}; the calendar is known through {through}.")


@app.command("show")
def show(year: Annotated[int, typer.Argument(help="Calendar year.")]) -> None:
    """Print the days off and the weekend days worked of a year."""

    async def work(platform: Platform) -> list[str]:
        calendar = platform.regimes.current.calendar
        if year not in calendar.years:
            raise BadInput("year (年份): this year is not known yet.", field="year", rule="unknown_year")
        days = [one for one in calendar.days_of(year) if one.name is not None]
        return [f"{one.day}\t{one.kind.value}\t{one.name}" for one in days]

    for line in run_on_platform(_settings(), work):
        print(line)


def _settings() -> Settings:
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    return settings
