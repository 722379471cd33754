"""The command line: `qufu-credit COMMAND`. One file per group of commands, listed here.

A command raises a `CreditError` for everything a person can put right; `main` prints its sentence and
exits with 1.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from seed.sample import sample_defaults
from server.cli import (
    audit,
    calendar,
    catalogue,
    consent,
    import_,
    keys,
    rules,
    schema,
    seed,
    serve,
    sweep,
    token,
)
from server.errors import CreditError
from server.store.mongo import unavailable

app = typer.Typer(
    name="qufu-credit",
    help="The public credit information platform of the city of Qufu.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("import")(import_.import_records)
app.command("schema")(schema.schema)
app.command("sweep")(sweep.sweep)
app.command("seed")(seed.seed)
app.command("sample")(seed.sample)
app.command("token")(token.token_command(sample_defaults))
app.add_typer(audit.app, name="audit")
app.add_typer(calendar.app, name="calendar")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(consent.app, name="consent")
app.add_typer(keys.app, name="keys")
app.add_typer(rules.app, name="rules")


@app.callback()
def root() -> None:
    """Settings come from CREDIT_* environment variables."""


def main() -> None:
    """Run a command; a refusal is one sentence on standard error and exit status 1."""
    # With the default handler SIGTERM would end us without unwinding: the database would be left to notice.
    signal.signal(signal.SIGTERM, _leave)
    try:
        app()
    except CreditError as refusal:
        print(refusal.sentence, file=sys.stderr)
        raise SystemExit(1) from None
    except Exception as error:
        away = unavailable(error)
        if away is None:
            raise
        print(away.sentence, file=sys.stderr)
        raise SystemExit(1) from None


def _leave(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
