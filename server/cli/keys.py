"""`qufu-credit keys`: the installation's own secrets, made once and kept safe."""

from __future__ import annotations

import typer

from server.actions.audit_keys import audit_key
from server.settings import Settings
from server.store import keyring

app = typer.Typer(help="The installation's own keys.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """The installation's own keys; production never makes them by itself."""


@app.command("create")
def create() -> None:
    """Make the keyring and the audit key in CREDIT_KEYS_DIR unless they are there. Keep a safe copy."""
    settings = Settings.from_env()
    made = keyring.create(settings.keys_dir)
    audit_key(settings.keys_dir, may_create=True)
    print(f"{'Made' if made else 'Kept'} the keys in {settings.keys_dir}.")
