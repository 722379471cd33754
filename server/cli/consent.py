"""`qufu-credit consent`: written consents entered at the window, shown and ended."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from server import clock
from server.actions import grant_consent as action
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.audit.entry import Channel
from server.cli.database import run_on_platform
from server.model.consent import Consent
from server.model.viewer import Role, Viewer
from server.rules.consent_terms import CONSENT_PURPOSES
from server.settings import Settings

app = typer.Typer(help="Written consents of subjects (授权).", no_args_is_help=True)

NOTICE = (
    "已告知被授权单位、用途、字段、期限、使用次数，以及随时撤回授权的权利（told: unit, purpose, fields, term, "
    "uses, and the right to withdraw at any time）."
)

Clerk = Annotated[str, typer.Option(help="Name of the clerk at the window, for the log.")]
_CLERK = "window"


@app.callback()
def root() -> None:
    """Consents are entered here as the subject signed them, and read again on every use (Art. 32, 33, 62)."""


@app.command("grant")
def grant(
    subject: Annotated[str, typer.Option(help="Who consents: a code, an ID number or our own id.")],
    unit: Annotated[str, typer.Option(help="Code of the unit that may look (统一社会信用代码).")],
    purpose: Annotated[str, typer.Option(help=f"One of {', '.join(CONSENT_PURPOSES)}.")],
    field: Annotated[
        list[str], typer.Option(help="A field as Type.field (AdministrativePenalty.fineAmount); repeat it.")
    ],
    days: Annotated[int, typer.Option(help="For how many days; today is not counted.")],
    proof: Annotated[str, typer.Option(help="Where the signed document is kept.")],
    max_uses: Annotated[int, typer.Option("--uses", help="How often it may be used; 1 is one-time.")] = 1,
    text: Annotated[str | None, typer.Option(help="The purpose in the subject's own words.")] = None,
    notice: Annotated[str, typer.Option(help="What the subject was told.")] = NOTICE,
    clerk: Clerk = _CLERK,
) -> None:
    """Enter a consent and print its id."""

    async def work(platform: Platform) -> str:
        return await action.grant_consent(
            _operation(platform, clerk),
            grantor=subject,
            grantee=unit,
            purpose=purpose,
            purpose_text=text or purpose,
            fields=field,
            days=days,
            max_uses=max_uses,
            notice=notice,
            proof=proof,
        )

    print(run_on_platform(Settings.from_env(), work))


@app.command("revoke")
def revoke(
    consent: Annotated[str, typer.Argument(help="Id of the consent.")],
    subject: Annotated[str, typer.Option(help="Who withdraws: a code, an ID number or our own id.")],
    clerk: Clerk = _CLERK,
) -> None:
    """End a consent; the next query under it is refused."""

    async def work(platform: Platform) -> None:
        await action.revoke_consent(_operation(platform, clerk), consent, subject)

    run_on_platform(Settings.from_env(), work)
    print("Revoked.")


@app.command("show")
def show(
    consent: Annotated[str, typer.Argument(help="Id of the consent.")],
    clerk: Clerk = _CLERK,
) -> None:
    """Print a consent as JSON."""

    async def work(platform: Platform) -> Consent:
        return await action.show_consent(_operation(platform, clerk), consent)

    print(json.dumps(_plain(run_on_platform(Settings.from_env(), work)), ensure_ascii=False, indent=2))


def _plain(consent: Consent) -> dict[str, object]:
    return {
        "id": consent.id,
        "state": consent.state.value,
        "grantor": consent.grantor,
        "grantee": consent.grantee,
        "purpose": consent.purpose,
        "purposeText": consent.purpose_text,
        "fields": sorted(consent.fields),
        "validFrom": consent.valid_from.isoformat(),
        "validTo": consent.valid_to.isoformat(),
        "maxUses": consent.max_uses,
        "uses": consent.uses,
    }


def _operation(platform: Platform, clerk: str) -> Operation:
    viewer = Viewer(Role.CLERK, id="consent-window", officer=clerk)
    return Operation(platform, viewer, clock.now(), "consent-cli", Channel.WINDOW, "Consent")
