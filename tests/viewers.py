"""Every caller of the platform as one word, and the tokens they carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.identity.development import development_keys
from server.identity.mint import mint
from server.model.viewer import Role, Viewer
from server.settings import Settings
from tests.makers import (
    AGENCY_UNIT,
    BANK,
    COMPANY,
    NOW,
    OTHER_BANK,
    OTHER_PERSON,
    OTHER_UNIT,
    PERSON,
    UNIT,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller with the claims its token carries."""

    name: str
    role: Role
    unit: str | None = None
    officer: str | None = None
    id_number: str | None = None
    entity: str | None = None
    machine: bool = False
    purposes: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()

    def headers(self, settings: Settings, at: datetime = NOW) -> dict[str, str]:
        """The Authorization header, valid at the tests' moment or another; nothing for a visitor."""
        if self.role is Role.VISITOR:
            return {}
        token = mint(
            development_keys(settings),
            self.role,
            audience=settings.audience,
            now=at,
            unit=self.unit,
            officer=self.officer,
            id_number=self.id_number,
            entity=self.entity,
            machine=self.machine,
            purposes=self.purposes,
            matters=self.matters,
        )
        return {"Authorization": f"Bearer {token}"}

    def viewer(self) -> Viewer:
        """The same caller as the actions know it."""
        return Viewer(
            role=self.role,
            id=f"{self.role.value}-{self.name}",
            unit=self.unit,
            officer=self.officer,
            machine=self.machine,
            id_number=self.id_number,
            entity=self.entity,
            purposes=frozenset(self.purposes),
            matters=frozenset(self.matters),
        )

    def but(self, **changes: Any) -> Caller:
        """The same caller with some claims changed."""
        return replace(self, **changes)


VISITOR = Caller("visitor", Role.VISITOR)
CITIZEN = Caller("citizen", Role.CITIZEN, id_number=PERSON.key)
OTHER_CITIZEN = Caller("other_citizen", Role.CITIZEN, id_number=OTHER_PERSON.key)
OWNER_AGENT = Caller("owner_agent", Role.AGENT, entity=COMPANY.key)
AGENCY = Caller("agency", Role.AGENCY, unit=AGENCY_UNIT, officer="端木赐")
OTHER_AGENCY = Caller("other_agency", Role.AGENCY, unit=OTHER_UNIT, officer="言偃")
INQUIRER = Caller("inquirer", Role.INQUIRER, unit=BANK)
OTHER_INQUIRER = Caller("other_inquirer", Role.INQUIRER, unit=OTHER_BANK)
PROVIDER = Caller("provider", Role.PROVIDER, unit=UNIT, officer="宰予")
MACHINE = Caller("machine", Role.PROVIDER, unit=UNIT, machine=True)
OTHER_PROVIDER = Caller("other_provider", Role.PROVIDER, unit=OTHER_UNIT, officer="冉雍")
CHECKER = Caller("checker", Role.CHECKER, unit=UNIT, officer="闵损")
CLERK = Caller("clerk", Role.CLERK, unit=UNIT, officer="卜商")
AUDITOR = Caller("auditor", Role.AUDITOR, unit=OTHER_UNIT, officer="公西赤")

EVERYONE = (
    VISITOR,
    CITIZEN,
    OTHER_CITIZEN,
    OWNER_AGENT,
    AGENCY,
    OTHER_AGENCY,
    INQUIRER,
    OTHER_INQUIRER,
    PROVIDER,
    CHECKER,
    CLERK,
    AUDITOR,
)
