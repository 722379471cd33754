"""What the platform refuses with.

A `CreditError` is an expected answer: it carries a stable code, one sentence for people and an HTTP
status. Sentences name fields and rules, never the offending value, a citizen ID number or a driver's
text. Anything else that is raised is a bug and is masked at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


class CreditError(Exception):
    """An expected refusal.

    `code` is UPPER_SNAKE and stable, `sentence` is one English sentence, `status` the HTTP status that
    fits best, `extra` further machine-readable facts (no values of the caller's data).
    """

    default_code: ClassVar[str] = "REFUSED"
    default_status: ClassVar[int] = 400

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        status: int | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.default_code
        self.status = status or self.default_status
        self.extra: Mapping[str, JSON] = MappingProxyType(dict(extra or {}))

    def __str__(self) -> str:
        return self.sentence


class Refused(CreditError):
    """The viewer may not do or see this."""

    default_code = "FORBIDDEN"
    default_status = 403


class Unauthenticated(CreditError):
    """There is no token, or it is not one we trust."""

    default_code = "UNAUTHENTICATED"
    default_status = 401


class BadInput(CreditError):
    """The caller's input breaks a rule; `extra` names the `field` and the `rule` where known."""

    default_code = "BAD_INPUT"
    default_status = 400

    def __init__(
        self,
        sentence: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        code: str | None = None,
        status: int | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> None:
        named: dict[str, JSON] = dict(extra or {})
        if field is not None:
            named["field"] = field
        if rule is not None:
            named["rule"] = rule
        super().__init__(sentence, code=code, status=status, extra=named)
        self.field = field
        self.rule = rule


class NotFoundError(CreditError):
    """There is no such thing, or none this viewer may know of: the answer is the same."""

    default_code = "NOT_FOUND"
    default_status = 404


class Conflict(CreditError):
    """Somebody else changed it first, or it is no longer in the state this step needs."""

    default_code = "CONFLICT"
    default_status = 409


class Unavailable(CreditError):
    """The database does not answer at present; the same request may succeed later."""

    default_code = "DATABASE_UNAVAILABLE"
    default_status = 503


class ConfigError(CreditError):
    """A setting, a shipped data file or the surroundings are wrong: the program cannot start."""

    default_code = "BAD_CONFIGURATION"
    default_status = 500
