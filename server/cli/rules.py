"""`qufu-credit rules`: rule sets in versions, activated by an operator, and how far their recomputation is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server import clock, logs
from server.actions import change_rules
from server.actions.change_rules import Loaded
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.actions.recompute import RecomputeReport, recompute
from server.actions.rule_sets import RuleSetView, rule_sets
from server.audit.entry import Channel
from server.cli.database import run_on_platform
from server.cli.progress import bar
from server.clock import CITY
from server.errors import BadInput
from server.model.viewer import VISITOR
from server.settings import Settings

app = typer.Typer(help="Rule sets: the periods as data (Art. 86, 87).", no_args_is_help=True)

Operator = Annotated[str, typer.Option("--by", help="Name of the operator, for the log.")]
Identifier = Annotated[str, typer.Argument(metavar="ID", help="Rule set, such as ndrc-36.")]


@app.callback()
def root() -> None:
    """Rule sets are loaded in versions and activated by an operator; the superior one prevails (Art. 86)."""


@app.command("list")
def list_() -> None:
    """List every version of every rule set: whether it is active, and whether dates are computed by it today."""

    async def work(platform: Platform) -> list[RuleSetView]:
        operation = Operation(platform, VISITOR, clock.now(), "rules-cli", Channel.CLI)
        return await rule_sets(operation, every_version=True, drafts=True)

    table = Table("Rule set", "Version", "Rank", "Term", "Active", "Applied", "Document")
    for one in run_on_platform(_settings(), work):
        content = one.content
        term = f"{content.effective_from} – {content.effective_to or ''}"
        applied = ("yes, beyond its term" if one.beyond_term else "yes") if one.applied else "no"
        active = "yes" if one.active else "no"
        table.add_row(
            content.id, str(one.version), content.rank.value, term, active, applied, content.document
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="A rule set in YAML; the shipped ones are the model.")],
    by: Operator,
) -> None:
    """Keep a rule set as a new version; it changes nothing until it is activated."""
    try:
        text = file.read_bytes()
    except OSError:
        raise BadInput("The file cannot be read.", field="file", rule="readable") from None

    async def work(platform: Platform) -> Loaded:
        return await change_rules.load_rule_set(platform, text, file.name, by, clock.now())

    made = run_on_platform(_settings(), work)
    print(f"{made.name} version {made.version} is {'kept' if made.fresh else 'there already'}.")


@app.command("activate")
def activate(
    identifier: Identifier,
    by: Operator,
    version: Annotated[int | None, typer.Option(help="Version; the newest without one.")] = None,
    beyond_term: Annotated[
        bool, typer.Option("--beyond-term", help="Apply it although its own term has ended (Art. 87).")
    ] = False,
) -> None:
    """Make a version the active one. It is in force at once; the running servers compute stored dates again.

    Without a running server, `rules recompute` does.
    """

    async def work(platform: Platform) -> str:
        regime = await change_rules.activate(
            platform, identifier, version, beyond_term=beyond_term, by=by, at=clock.now()
        )
        return _said(platform, regime.number)

    print(run_on_platform(_settings(), work))


@app.command("retire")
def retire(identifier: Identifier, by: Operator) -> None:
    """Let no version of a rule set be active any more."""

    async def work(platform: Platform) -> str:
        regime = await change_rules.retire(platform, identifier, by=by, at=clock.now())
        return _said(platform, regime.number)

    print(run_on_platform(_settings(), work))


@app.command("status")
def status() -> None:
    """Tell which regime is in force and how far the recomputation of stored dates is."""

    async def work(platform: Platform) -> str:
        newest = await platform.regimes.book.latest()
        assert newest is not None
        said = f"Regime {newest['_id']} since {newest['at'].astimezone(CITY):%Y-%m-%d %H:%M}: {', '.join(newest['rule_sets'])}. "
        if newest["finished_at"] is not None:
            return said + "Every stored date is computed by it."
        if newest["total"] is None:
            return said + "The recomputation has not begun; reads are right meanwhile."
        return (
            said + f"{newest['done']} of {newest['total']} records computed again; reads are right meanwhile."
        )

    print(run_on_platform(_settings(), work))


@app.command("recompute")
def recompute_() -> None:
    """Compute stale dates again here and now, with progress. Safe beside running servers, and after a kill."""
    with bar("Records") as progress:

        async def work(platform: Platform) -> RecomputeReport:
            return await recompute(platform, progress=progress)

        report = run_on_platform(_settings(), work)
    print(report.sentence())


def _said(platform: Platform, number: int) -> str:
    return f"Regime {number} is in force: {', '.join(platform.regimes.ids)}."


def _settings() -> Settings:
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    return settings
