"""`qufu-credit audit`: prove that the log is whole, or name the first place where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from server import logs
from server.actions.audit_keys import public_keys
from server.actions.audit_verify import Report
from server.actions.audit_verify import prove as prove_entry
from server.actions.audit_verify import verify as verify_log
from server.audit.proof import Proof, check_proof
from server.audit.signing import public_pem
from server.cli.database import run_on_mongo
from server.errors import BadInput, ConfigError
from server.settings import Settings
from server.store.mongo import Mongo

BROKEN = 3
"""Exit status: the log is not whole."""

app = typer.Typer(help="The tamper-evident log.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """The tamper-evident log: chains, signed checkpoints, inclusion proofs (Art. 38)."""


@app.command("verify")
def verify() -> None:
    """Check every chain, head and checkpoint; name the first broken link. Safe while the server works.

    Exit status: 0 intact, 3 broken.
    """
    settings = _settings()
    keys = public_keys(settings.keys_dir)

    async def work(mongo: Mongo) -> Report:
        return await verify_log(mongo, keys, settings.data_dir / "audit")

    report = run_on_mongo(settings, work)
    print(report.sentence())
    if not report.intact:
        raise typer.Exit(BROKEN)


@app.command("prove")
def prove(
    entry: Annotated[str, typer.Argument(help="Id of a log entry, as `accessLog` gives it.")],
) -> None:
    """Print the proof that an entry stands in a signed checkpoint, as JSON; `audit check` verifies it offline."""
    settings = _settings()

    async def work(mongo: Mongo) -> Proof:
        return await prove_entry(mongo, entry)

    print(json.dumps(run_on_mongo(settings, work).plain(), ensure_ascii=False, indent=2))


@app.command("check")
def check(
    proof: Annotated[Path, typer.Argument(help="A file made by `audit prove`.")],
) -> None:
    """Check a proof against the log's public key, without any database. Exit status: 0 good, 3 not."""
    settings = Settings.from_env()
    try:
        text = proof.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput("The proof file cannot be read.", field="proof", rule="readable") from None
    verdict = check_proof(text, public_keys(settings.keys_dir))
    print("The proof holds." if verdict.good else f"The proof does not hold: {verdict.why}.")
    if not verdict.good:
        raise typer.Exit(BROKEN)


@app.command("key")
def key() -> None:
    """Print the public key (PEM) that signs heads and checkpoints, for publication."""
    settings = Settings.from_env()
    keys = public_keys(settings.keys_dir)
    if not keys:
        raise ConfigError("There is no audit key yet; start the server once.")
    for one in keys.values():
        print(public_pem(one).decode().strip())


def _settings() -> Settings:
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    return settings
