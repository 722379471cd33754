"""Who is asking: one typed value, made once per request by ``server.identity`` and passed first to every action."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a caller is on this platform; the vocabulary of domain roles, one role per token."""

    VISITOR = "visitor"
    CITIZEN = "citizen"
    AGENT = "agent"
    AGENCY = "agency"
    INQUIRER = "inquirer"
    PROVIDER = "provider"
    CHECKER = "checker"
    CLERK = "clerk"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The verified caller of one request.

    ``id`` is the token's subject (empty for a visitor). ``unit`` is the unified social credit code of the
    unit the caller acts for, ``client`` the OAuth client, ``officer`` the acting person as the unit names it
    (kept for the log only). ``machine`` marks a machine client, which carries maker and checker by name
    (Art. 23). ``id_number`` is the verified real-name claim of a citizen (Art. 32) and never leaves memory;
    ``entity`` is the code an entity agent acts for. ``purposes`` and ``matters`` narrow what an agency token
    may state (empty: no narrowing). ``expires_at`` is an aware instant.
    """

    role: Role
    id: str = ""
    unit: str | None = None
    client: str | None = None
    officer: str | None = field(default=None, repr=False)
    machine: bool = False
    id_number: str | None = field(default=None, repr=False)
    entity: str | None = None
    purposes: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()
    token_id: str | None = None
    expires_at: datetime | None = None

    @property
    def anonymous(self) -> bool:
        """True for a caller without a token."""
        return self.role is Role.VISITOR


VISITOR = Viewer(role=Role.VISITOR)
