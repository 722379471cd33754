"""A remembered token is never believed longer, or for more, than its verification would allow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.identity.remembered import Memory, Remembered
from server.identity.verify import Verifier
from server.model.viewer import Role, Viewer
from tests.identity.makers import AT, HOUR, KEYS, NOW, claims, later, reason, token, write_keys

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\x00é"
TOKENS = {algorithm: token(algorithm=algorithm) for algorithm in KEYS}


def known(name: str, starts: float = 0, ends: float = 10) -> Remembered:
    return Remembered(Viewer(Role.AGENCY, id=name), "issuer", 1, starts, ends)


async def test_a_known_token_gives_the_same_viewer(verifier: Verifier) -> None:
    header = f"Bearer {token()}"
    first = await verifier.viewer(header, NOW)
    assert await verifier.viewer(header, later(seconds=5)) is first


async def test_a_known_token_ends_at_its_second(verifier: Verifier) -> None:
    text = token(claims(exp=AT + 5))
    await verifier.viewer(f"Bearer {text}", NOW)
    assert (await verifier.viewer(f"Bearer {text}", later(seconds=4.999))).role is Role.AGENCY
    assert await reason(verifier, text, later(seconds=5)) == "token_expired"
    assert await reason(verifier, text, later(seconds=6)) == "token_expired"


async def test_a_clock_set_back_does_not_open_a_known_token_early(verifier: Verifier) -> None:
    text = token()
    await verifier.viewer(f"Bearer {text}", NOW)
    assert await reason(verifier, text, later(seconds=-61)) == "token_not_yet_valid"


@settings(max_examples=60)
@given(starts=st.integers(0, 20), lasts=st.integers(1, 20), asked=st.lists(st.integers(0, 50)))
def test_memory_answers_exactly_inside_the_period(starts: int, lasts: int, asked: list[int]) -> None:
    memory = Memory()
    for at in asked:
        memory.keep("t", known("a", starts, starts + lasts))
        assert (memory.recall("t", at) is not None) == (starts <= at < starts + lasts)


def test_memory_drops_the_longest_unused() -> None:
    memory = Memory(size=2)
    memory.keep("a", known("a"))
    memory.keep("b", known("b"))
    assert memory.recall("a", 1) is not None
    memory.keep("c", known("c"))
    assert [name for name in "abc" if memory.recall(name, 1)] == ["a", "c"]
    assert len(memory) == 2


def test_memory_can_be_switched_off() -> None:
    memory = Memory(size=0)
    memory.keep("a", known("a"))
    assert memory.recall("a", 1) is None


def test_memory_holds_no_token() -> None:
    memory = Memory()
    memory.keep("a-secret-token", known("a"))
    assert "a-secret-token" not in repr(vars(memory))


async def test_a_withdrawn_key_ends_known_tokens(verifier: Verifier, keys_file: Path) -> None:
    text = token()
    await verifier.viewer(f"Bearer {text}", NOW)
    write_keys(keys_file, [KEYS["RS256"]])
    assert (await verifier.viewer(f"Bearer {text}", later(seconds=9))).role is Role.AGENCY
    assert await reason(verifier, text, later(seconds=10)) == "key_unknown"


@pytest.mark.parametrize("algorithm", sorted(TOKENS))
async def test_any_changed_character_is_refused(verifier: Verifier, algorithm: str) -> None:
    text = TOKENS[algorithm]
    await verifier.viewer(f"Bearer {text}", NOW)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        place=st.integers(0, len(text) - 1), other=st.sampled_from(ALPHABET) | st.just(""), grow=st.booleans()
    )
    def gather(place: int, other: str, grow: bool) -> None:
        changed = text[:place] + other + text[place + (0 if grow else 1) :]
        if changed != text:
            attempts.add(changed)

    attempts: set[str] = set()
    gather()
    # The ends of each part, where base64 has bits to spare, are always among them.
    for place in (*(text.index(".") + step for step in (-1, 0, 1)), text.rindex(".") - 1, len(text) - 1):
        attempts |= {text[:place] + c + text[place + 1 :] for c in ALPHABET if c != text[place]}
    for changed in attempts:
        assert await reason(verifier, changed), changed


async def test_expiry_is_exact_for_any_lifetime(verifier: Verifier) -> None:
    for lifetime in (1, 59, HOUR, 24 * HOUR):
        text = token(claims(exp=AT + lifetime))
        await verifier.viewer(f"Bearer {text}", NOW)
        ends = NOW + timedelta(seconds=lifetime)
        assert (await verifier.viewer(f"Bearer {text}", ends - timedelta(milliseconds=1))).expires_at == ends
        assert await reason(verifier, text, ends) == "token_expired"
