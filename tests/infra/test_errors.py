"""Refusals carry a stable code, a sentence and a status."""

from __future__ import annotations

import pytest

from server.errors import (
    BadInput,
    ConfigError,
    Conflict,
    CreditError,
    NotFoundError,
    Refused,
    Unauthenticated,
    Unavailable,
)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (Refused, "FORBIDDEN", 403),
        (Unauthenticated, "UNAUTHENTICATED", 401),
        (BadInput, "BAD_INPUT", 400),
        (NotFoundError, "NOT_FOUND", 404),
        (Conflict, "CONFLICT", 409),
        (Unavailable, "DATABASE_UNAVAILABLE", 503),
        (ConfigError, "BAD_CONFIGURATION", 500),
    ],
)
def test_each_refusal_has_its_code_and_status(kind: type[CreditError], code: str, status: int) -> None:
    refusal = kind("A sentence.")
    assert (refusal.code, refusal.status, refusal.sentence, str(refusal)) == (
        code,
        status,
        "A sentence.",
        "A sentence.",
    )


def test_bad_input_names_field_and_rule() -> None:
    refusal = BadInput("No.", field="fineAmount", rule="money", extra={"row": 3})
    assert refusal.extra == {"row": 3, "field": "fineAmount", "rule": "money"}


def test_the_facts_of_a_refusal_do_not_change_afterwards() -> None:
    facts: dict[str, int] = {"row": 3}
    refusal = CreditError("No.", extra=facts)
    facts["row"] = 4
    assert refusal.extra["row"] == 3
    with pytest.raises(TypeError):
        refusal.extra["row"] = 4  # type: ignore[index]
