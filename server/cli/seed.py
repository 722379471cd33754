"""`qufu-credit seed` and `qufu-credit sample`: the sample city, and what to try the platform with."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from seed.load import CitySummary
from seed.sample import AGENCY_MATTER, AGENCY_PURPOSE, SampleCard, sample_card, sample_defaults, seed_city
from server import clock, logs
from server.actions.platform import Platform
from server.cli.database import run_on_mongo, run_on_platform
from server.cli.progress import bar
from server.identity.development import development_keys
from server.identity.mint import mint
from server.model.viewer import Role
from server.settings import Settings
from server.store.marks import Marks
from server.store.mongo import Mongo


def seed(
    entities: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="How many entities; else CREDIT_SEED_ENTITIES."),
    ] = None,
) -> None:
    """Load the sample city, or let it grow; persons and records come in proportion. Repeating it changes nothing."""
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    with bar("Subjects") as progress:

        async def work(platform: Platform) -> CitySummary | None:
            return await seed_city(platform, entities or settings.seed_entities, progress)

        summary = run_on_platform(settings, work)
    print("The city is there already." if summary is None else said(summary))


def sample(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    as_env: Annotated[bool, typer.Option("--env", help="Print shell variables instead of a table.")] = False,
) -> None:
    """Print what to try the platform with: an entity, records, a person, a consent and a token for each caller."""
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)

    async def work(mongo: Mongo) -> SampleCard:
        return await sample_card(Marks(mongo))

    card = run_on_mongo(settings, work)
    if as_env:
        for name, text in variables(card).items():
            print(f"{name}={shlex.quote(text)}")
        return
    shown = card.plain() | {"tokens": tokens(settings)}
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        Console().print(_table(shown))


def variables(card: SampleCard) -> dict[str, str]:
    """The card as shell variables, for the examples of README."""
    return {
        "ENTITY": card.entity,
        "ENTITY_NAME": card.entity_name,
        "PENALTY": card.penalty,
        "EXPIRED": card.expired,
        "PERSON": card.id_number,
        "PURPOSE": AGENCY_PURPOSE.name,
        "MATTER": AGENCY_MATTER,
        "CONSENT": card.consent,
        "PROVIDER_UNIT": sample_defaults(Role.PROVIDER)["unit"],
    }


def tokens(settings: Settings) -> dict[str, str]:
    """A token of the development issuer for every caller of the sample city. Raises ConfigError elsewhere."""
    keys, at = development_keys(settings), clock.now()
    made = {}
    for role in Role:
        if role is not Role.VISITOR:
            given = sample_defaults(role)
            made[role.value] = mint(
                keys,
                role,
                audience=settings.audience,
                now=at,
                subject=given.get("subject"),
                unit=given.get("unit"),
                id_number=given.get("id_number"),
                entity=given.get("entity"),
                officer=given.get("officer"),
            )
    return made


def said(summary: CitySummary) -> str:
    """The last line of a load."""
    return (
        f"{summary.units} units, {summary.entities} entities, {summary.persons} persons: {summary.filed} records "
        f"filed, {summary.corrected} corrected, {summary.unchanged} unchanged, {summary.waiting} waiting for a "
        f"checker, {summary.returned} sent back."
    )


def _table(shown: dict[str, Any]) -> Table:
    table = Table("What", "Value", title="Sample city")
    for name, value in shown.items():
        for key, text in value.items():
            table.add_row(f"{name}.{key}", str(text), style="dim" if name == "tokens" else None)
    table.columns[1].overflow = "fold"
    return table
