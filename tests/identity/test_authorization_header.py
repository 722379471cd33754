"""What stands in the `Authorization` header: one scheme, one well-formed token, or a refusal."""

from __future__ import annotations

import pytest

from server.errors import Unauthenticated
from server.identity.verify import MAX_AUTHORIZATION, Verifier
from server.model.viewer import Role
from tests.identity.makers import KEYS, NOW, reason, refusal, signed, token


class TestAuthorizationHeader:
    """One header, one scheme, one token, at most 8 KiB."""

    @pytest.mark.parametrize(
        ("expected", "header"),
        [
            ("scheme_refused", ""),
            ("scheme_refused", "Basic YTpi"),
            ("scheme_refused", "DPoP {}"),
            ("scheme_refused", "{}"),
            ("scheme_refused", " Bearer {}"),
            ("scheme_refused", "Bearer\t{}"),
            ("token_malformed", "Bearer"),
            ("token_malformed", "Bearer "),
            ("token_malformed", "Bearer  {}"),
            ("token_malformed", "Bearer {} "),
            ("token_malformed", "Bearer {}\n"),
            ("token_malformed", "Bearer {}, Bearer {}"),
            ("token_malformed", "Bearer {},{}"),
            ("token_malformed", "Bearer {}.x"),
            ("token_malformed", "Bearer a.b"),
            ("token_malformed", "Bearer ..."),
            ("token_malformed", "Bearer \x00\xff.é.令"),
            ("authorization_too_large", "Bearer {}" + "A" * MAX_AUTHORIZATION),
            ("authorization_too_large", "A" * (MAX_AUTHORIZATION + 1)),
        ],
    )
    async def test_other_forms_are_refused(self, verifier: Verifier, expected: str, header: str) -> None:
        met = await refusal(verifier, header.replace("{}", token()))
        assert met.extra["reason"] == expected

    @pytest.mark.parametrize(
        ("head", "body"),
        [
            (b"[]", b"{}"),
            (b"{", b"{}"),
            (b'"x"', b"{}"),
            (b"\xff", b"{}"),
            (b"[" * 2500, b"{}"),
            (b'{"alg":"none","alg":"ES256","typ":"at+jwt"}', b"{}"),
            (b'{"alg":"ES256","typ":"at+jwt"}', b"null"),
            (b'{"alg":"ES256","typ":"at+jwt"}', b"not json"),
            (b'{"alg":"ES256","typ":"at+jwt"}', b'{"exp":NaN}'),
            (b'{"alg":"ES256","typ":"at+jwt"}', b'{"exp":1e999999,"exp":1}'),
            (b'{"alg":"ES256","typ":"at+jwt"}', b'{"role":"citizen","role":"agency"}'),
            (b'{"alg":"ES256","typ":"at+jwt"}', b'{"a":' + b"[" * 2500),
        ],
    )
    async def test_broken_contents_are_refused(self, verifier: Verifier, head: bytes, body: bytes) -> None:
        assert await reason(verifier, signed(head, body, "ES256", KEYS["ES256"])) == "token_malformed"

    async def test_a_repeated_header_is_refused(self, verifier: Verifier) -> None:
        value = f"Bearer {token()}".encode()
        with pytest.raises(Unauthenticated) as met:
            await verifier.viewer_from([(b"authorization", value), (b"Authorization", value)], NOW)
        assert met.value.extra["reason"] == "authorization_repeated"
        assert (await verifier.viewer_from([(b"Authorization", value)], NOW)).role is Role.AGENCY
