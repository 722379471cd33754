"""`qufu-credit token`: one access token of the development issuer, to try the platform as any caller."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

import typer

from server.clock import now
from server.errors import BadInput
from server.identity.development import development_keys
from server.identity.mint import mint
from server.model.viewer import Role
from server.settings import Algorithm, Settings

Defaults: TypeAlias = Callable[[Role], Mapping[str, str]]
"""What a role gets when nothing is given: some of id_number, entity, unit, officer, subject and client."""

Caller = Literal["citizen", "agent", "agency", "inquirer", "provider", "checker", "clerk", "auditor"]
"""Every role but the visitor, who has no token."""


def token_command(defaults: Defaults) -> Callable[..., None]:
    """The command, filling what is not given from `defaults`.

    A caller named by an option is another one than the default's, so the default's `subject` and `officer`
    are not lent to it.
    """

    def token(
        caller: Annotated[Caller, typer.Option("--as", help="Which caller to be.")],
        id_number: Annotated[str | None, typer.Option(help="Citizen ID number (公民身份号码).")] = None,
        entity: Annotated[
            str | None, typer.Option(help="Code of the entity an agent acts for (统一社会信用代码).")
        ] = None,
        unit: Annotated[
            str | None, typer.Option(help="Code of the unit the caller acts for (统一社会信用代码).")
        ] = None,
        officer: Annotated[str | None, typer.Option(help="Name of the acting person, for the log.")] = None,
        subject: Annotated[str | None, typer.Option(help="The token's subject.")] = None,
        client: Annotated[str | None, typer.Option(help="The OAuth client.")] = None,
        purpose: Annotated[
            list[str] | None, typer.Option(help="Narrow to this purpose; may be repeated.")
        ] = None,
        matter: Annotated[
            list[str] | None, typer.Option(help="Narrow to this matter number; may be repeated.")
        ] = None,
        ttl: Annotated[int, typer.Option(help="Lifetime in seconds, at most 86400.")] = 28_800,
        machine: Annotated[bool, typer.Option("--machine", help="A machine client (Art. 23).")] = False,
        algorithm: Annotated[Algorithm, typer.Option(help="Signature algorithm.")] = "ES256",
    ) -> None:
        """Print one access token of the development issuer (development profile only)."""
        settings = Settings.from_env()
        keys = development_keys(settings)
        role = Role(caller)
        options = {
            "id_number": id_number,
            "entity": entity,
            "unit": unit,
            "officer": officer,
            "subject": subject,
            "client": client,
        }
        given = {name: value for name, value in options.items() if value is not None}
        lent = dict(defaults(role))
        if given.keys() & {"id_number", "entity", "unit"}:
            lent.pop("subject", None)
            lent.pop("officer", None)
        try:
            made = mint(
                keys,
                role,
                audience=settings.audience,
                now=now(),
                ttl_seconds=ttl,
                machine=machine,
                purposes=purpose or (),
                matters=matter or (),
                algorithm=algorithm,
                **(lent | given),
            )
        except BadInput as refusal:
            print(refusal.sentence, file=sys.stderr)
            raise typer.Exit(2) from None
        print(made)

    return token


def _nothing(_: Role) -> Mapping[str, str]:
    return {}


token = token_command(_nothing)
"""The command without a sample city: what a role needs must be given."""
