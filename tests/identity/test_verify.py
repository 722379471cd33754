"""The whole matrix of what is believed and what is not (RFC 9068), with really signed tokens."""

from __future__ import annotations

import hmac
import json
import traceback
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey
from structlog.testing import capture_logs

from server.clock import CITY
from server.errors import Unauthenticated
from server.identity.verify import Verifier
from server.model.viewer import VISITOR, Role
from tests.identity.makers import (
    ABSENT,
    AT,
    AUDIENCE,
    CITIZEN_ID,
    ENTITY,
    HOUR,
    ISSUER,
    KEYS,
    NOW,
    OF_ROLE,
    REAL_NAME_ISSUER,
    STRANGERS,
    UNIT,
    b64,
    claims,
    later,
    reason,
    refusal,
    token,
)

ALGORITHMS = sorted(KEYS)
ROLES = sorted(OF_ROLE)


async def test_no_header_is_a_visitor(verifier: Verifier) -> None:
    assert await verifier.viewer(None, NOW) == VISITOR
    assert await verifier.viewer_from([(b"accept", b"*/*")], NOW) == VISITOR


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("role", ROLES)
async def test_every_role_is_believed_under_every_algorithm(
    verifier: Verifier, role: Role, algorithm: str
) -> None:
    viewer = await verifier.viewer(f"Bearer {token(claims(role), algorithm=algorithm)}", NOW)
    assert viewer.role is role
    assert (viewer.id, viewer.client, viewer.token_id) == ("someone", "a-client", "token-1")
    assert viewer.id_number == (CITIZEN_ID if role is Role.CITIZEN else None)
    assert viewer.entity == (ENTITY if role is Role.AGENT else None)
    assert viewer.unit == (None if role in (Role.CITIZEN, Role.AGENT) else UNIT)
    assert viewer.expires_at == NOW + timedelta(hours=1)
    assert viewer.expires_at is not None
    assert viewer.expires_at.tzinfo is CITY
    assert not viewer.machine
    assert not viewer.purposes | viewer.matters


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"aud": ["another", AUDIENCE]}, {}),
        ({}, {"typ": "application/at+jwt"}),
        ({}, {"typ": "AT+JWT"}),
        ({}, {"kid": ABSENT}),  # one key fits the algorithm
        ({}, {"x5t": "abc"}),
        ({"iat": AT + 60}, {}),
        ({"nbf": AT + 60}, {}),
        ({"iat": AT - 12 * HOUR, "exp": AT + 12 * HOUR}, {}),
        ({"exp": AT + 0.5}, {}),
        ({"officer": "孔令仪"}, {}),
    ],
)
async def test_harmless_variants_are_believed(
    verifier: Verifier, changed: dict[str, object], header: dict[str, Any]
) -> None:
    assert (await verifier.viewer(f"bearer {token(claims(**changed), **header)}", NOW)).role is Role.AGENCY


CLAIMS_REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("issuer_unknown", {"iss": "https://other.invalid"}),
    ("issuer_unknown", {"iss": ISSUER.rstrip("/")}),
    ("issuer_unknown", {"iss": ISSUER.upper()}),
    ("issuer_unknown", {"iss": [ISSUER]}),
    ("issuer_unknown", {"iss": ABSENT}),
    ("audience_wrong", {"aud": "another"}),
    ("audience_wrong", {"aud": AUDIENCE + "/"}),
    ("audience_wrong", {"aud": ["another"]}),
    ("audience_wrong", {"aud": [AUDIENCE, 1]}),
    ("audience_wrong", {"aud": {"0": AUDIENCE}}),
    ("audience_wrong", {"aud": []}),
    ("audience_wrong", {"aud": ABSENT}),
    ("token_expired", {"exp": AT}),
    ("token_expired", {"exp": AT - 1}),
    ("token_not_yet_valid", {"nbf": AT + 61}),
    ("token_not_yet_valid", {"iat": AT + 61, "exp": AT + HOUR}),
    ("lifetime_excessive", {"exp": AT + 24 * HOUR + 1}),
    ("lifetime_excessive", {"iat": 1}),
    *(
        ("claim_missing", {name: ABSENT})
        for name in ("exp", "iat", "sub", "jti", "client_id", "role", "unit")
    ),
    *(("claim_missing", {name: None}) for name in ("exp", "iat", "sub", "jti", "client_id", "role", "unit")),
    *(
        ("claim_invalid", {name: value})
        for name in ("sub", "jti", "client_id")
        for value in ("", " ", "a\nb", "a ", "a\u202eb", "\ud800", "x" * 256, 7, True, ["a"], {"a": 1})
    ),
    *(
        ("claim_invalid", {name: value})
        for name in ("exp", "iat", "nbf")
        for value in ("1", True, [AT], 10**400, 1e300, -1, 0)
    ),
    ("claim_invalid", {"machine": "true"}),
    ("claim_invalid", {"machine": 1}),
    ("claim_invalid", {"officer": "x" * 61}),
    ("role_unknown", {"role": "visitor"}),
    ("role_unknown", {"role": "Agency"}),
    ("role_unknown", {"role": "root"}),
    ("claim_invalid", {"role": ["agency"]}),
    ("claim_invalid", {"unit": UNIT[:-1] + "M"}),
    ("claim_invalid", {"unit": UNIT + "\n"}),
    ("claim_invalid", {"unit": [UNIT]}),
]


@pytest.mark.parametrize(("expected", "changed"), CLAIMS_REFUSED)
async def test_wrong_claims_are_refused(
    verifier: Verifier, expected: str, changed: dict[str, object]
) -> None:
    assert await reason(verifier, token(claims(**changed))) == expected


@pytest.mark.parametrize(
    ("expected", "role", "changed"),
    [
        ("claim_missing", Role.CITIZEN, {"id_number": ABSENT}),
        ("claim_missing", Role.CITIZEN, {"acr": ABSENT}),
        ("claim_missing", Role.AGENT, {"entity": ABSENT}),
        ("claim_missing", Role.AGENT, {"acr": ABSENT}),
        *(("claim_missing", role, {"unit": ABSENT}) for role in ROLES[2:] if "unit" in OF_ROLE[role]),
        *(
            ("claim_invalid", Role.CITIZEN, {"id_number": value})
            for value in (
                CITIZEN_ID[:-1] + "1",  # check digit
                "370881203012310010",  # born in the future
                "370881197002300013",  # 30 February
                "370881700307001",  # first generation, 15 places
                int(CITIZEN_ID),
                [CITIZEN_ID],
                "",
                CITIZEN_ID + " x",
            )
        ),
        ("claim_invalid", Role.AGENT, {"entity": ENTITY[:-1] + "H"}),
        *(
            ("claim_invalid", role, {"machine": True})
            for role in (Role.CITIZEN, Role.AGENT, Role.CHECKER, Role.CLERK, Role.AUDITOR)
        ),
    ],
)
async def test_each_role_needs_its_own_claims(
    verifier: Verifier, expected: str, role: Role, changed: dict[str, object]
) -> None:
    assert await reason(verifier, token(claims(role, **changed))) == expected


@pytest.mark.parametrize("role", [Role.AGENCY, Role.INQUIRER, Role.PROVIDER])
async def test_machine_clients_are_marked(verifier: Verifier, role: Role) -> None:
    assert (await verifier.viewer(f"Bearer {token(claims(role, machine=True))}", NOW)).machine


async def test_an_agent_does_not_carry_on_a_private_id_number(verifier: Verifier) -> None:
    extra = claims(Role.AGENT, id_number=CITIZEN_ID, unit=UNIT, officer="孔令仪")
    viewer = await verifier.viewer(f"Bearer {token(extra)}", NOW)
    assert (viewer.id_number, viewer.unit, viewer.officer) == (None, None, None)


class TestHeaders:
    """What the token's own header may ask for."""

    @pytest.mark.parametrize(
        "name", ["none", "None", "NONE", "", "HS256", "HS512", "RS512", "PS256", "ES384"]
    )
    async def test_other_algorithms_are_refused(self, verifier: Verifier, name: str) -> None:
        for signature in ("", token().split(".")[2]):
            head, body = json.dumps({"typ": "at+jwt", "alg": name}), json.dumps(claims())
            text = f"{b64(head.encode())}.{b64(body.encode())}.{signature}"
            assert await reason(verifier, text) == "algorithm_refused"

    @pytest.mark.parametrize("value", [ABSENT, None, 7, ["ES256"], {"alg": "ES256"}])
    async def test_an_algorithm_must_be_named(self, verifier: Verifier, value: object) -> None:
        assert await reason(verifier, token(alg=value)) == "algorithm_refused"

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    async def test_a_public_key_is_no_shared_secret(self, verifier: Verifier, algorithm: str) -> None:
        key = KEYS[algorithm]
        assert not isinstance(key, OctKey)
        public = key.as_pem(private=False)
        head = json.dumps({"typ": "at+jwt", "alg": "HS256", "kid": KEYS[algorithm].kid}).encode()
        start = f"{b64(head)}.{b64(json.dumps(claims()).encode())}"
        text = f"{start}.{b64(hmac.digest(public, start.encode(), 'sha256'))}"
        assert await reason(verifier, text) == "algorithm_refused"

    @pytest.mark.parametrize(
        "value", [ABSENT, None, "JWT", "jwt", "id_token", "at-jwt", "at+jwt ", "", 1, "dpop+jwt"]
    )
    async def test_untyped_and_id_tokens_are_refused(self, verifier: Verifier, value: object) -> None:
        assert await reason(verifier, token(typ=value)) == "type_wrong"

    @pytest.mark.parametrize("name", ["crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "enc", "zip"])
    @pytest.mark.parametrize("value", [None, [], ["exp"], "https://evil.invalid/keys", False, {"kty": "EC"}])
    async def test_headers_leading_elsewhere_are_refused(
        self, verifier: Verifier, name: str, value: object
    ) -> None:
        named: dict[str, Any] = {name: value}
        assert await reason(verifier, token(**named)) == "header_refused"

    @pytest.mark.parametrize("kid", ["other", "", "ec\x00", "rsa", "ed", "x" * 300, 7, ["ec"], {"a": 1}])
    async def test_unknown_keys_are_refused(self, verifier: Verifier, kid: object) -> None:
        assert await reason(verifier, token(kid=kid)) == "key_unknown"

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    async def test_a_stranger_under_the_same_key_id_is_refused(
        self, verifier: Verifier, algorithm: str
    ) -> None:
        text = token(algorithm=algorithm, key=STRANGERS[algorithm])
        assert await reason(verifier, text) == "signature_wrong"

    async def test_an_embedded_key_is_never_used(self, verifier: Verifier) -> None:
        stranger = STRANGERS["ES256"]
        text = token(key=stranger, jwk=stranger.as_dict(private=False))
        assert await reason(verifier, text) == "header_refused"


class TestIssuers:
    """What one issuer may say, another may not."""

    @staticmethod
    def of_real_name(role: Role, **changed: object) -> dict[str, object]:
        return claims(role, **({"iss": REAL_NAME_ISSUER, "aud": "real-name-audience"} | changed))

    async def test_it_vouches_for_its_own_roles(self, verifier: Verifier) -> None:
        for role in (Role.CITIZEN, Role.AGENT):
            assert (await verifier.viewer(f"Bearer {token(self.of_real_name(role))}", NOW)).role is role

    @pytest.mark.parametrize("role", [role for role in ROLES if "unit" in OF_ROLE[role]])
    async def test_it_cannot_name_another_role(self, verifier: Verifier, role: Role) -> None:
        assert await reason(verifier, token(self.of_real_name(role))) == "role_refused"

    async def test_its_own_limits_hold(self, verifier: Verifier) -> None:
        citizen = Role.CITIZEN
        weak = token(self.of_real_name(citizen, acr="loa1"))
        assert await reason(verifier, weak) == "assurance_insufficient"
        assert await reason(verifier, token(self.of_real_name(citizen, aud=AUDIENCE))) == "audience_wrong"
        early = token(self.of_real_name(citizen, nbf=AT + 1))
        assert await reason(verifier, early) == "token_not_yet_valid"
        other = token(self.of_real_name(citizen), algorithm="RS256")
        assert await reason(verifier, other) == "algorithm_refused"


class TestNarrowing:
    """`authorization_details` (RFC 9396) is an upper bound: what is not understood is never passed over."""

    async def test_purposes_and_matters_are_carried(self, verifier: Verifier) -> None:
        item = {"type": "credit_query", "purposes": ["inspection"], "matters": ["QF-2027-1", "QF-2027-2"]}
        text = token(claims(authorization_details=[{"type": "payment"}, item]))
        viewer = await verifier.viewer(f"Bearer {text}", NOW)
        assert viewer.purposes == {"inspection"}
        assert viewer.matters == {"QF-2027-1", "QF-2027-2"}

    @pytest.mark.parametrize(
        "details",
        [
            None,
            {},
            "credit_query",
            [],
            ["credit_query"],
            [{"type": "payment"}],
            [{"type": "credit_query"}, {"type": "credit_query"}],
            [{"type": "credit_query", "purposes": []}],
            [{"type": "credit_query", "matters": []}],
            [{"type": "credit_query", "purposes": None}],
            [{"type": "credit_query", "purposes": "inspection"}],
            [{"type": "credit_query", "purposes": [1]}],
            [{"type": "credit_query", "purposes": [["a"]]}],
            [{"type": "credit_query", "purposes": [""]}],
            [{"type": "credit_query", "purposes": ["x"] * 51}],
            [{"type": "credit_query", "kinds": ["AdministrativePenalty"]}],
        ],
    )
    async def test_what_is_not_understood_is_refused(self, verifier: Verifier, details: object) -> None:
        met = await refusal(verifier, f"Bearer {token(claims(authorization_details=details))}")
        assert met.extra == {"reason": "claim_invalid", "claim": "authorization_details"}


class TestSilence:
    """A refusal says why and nothing else."""

    @pytest.mark.parametrize(("expected", "changed"), CLAIMS_REFUSED)
    async def test_no_refusal_and_no_log_line_holds_token_text(
        self, verifier: Verifier, expected: str, changed: dict[str, object]
    ) -> None:
        text = token(claims(**({"sub": "Person-Of-Interest", "officer": "孔令仪"} | changed)))
        with capture_logs() as logged, pytest.raises(Unauthenticated) as met:
            await verifier.viewer(f"Bearer {text}", NOW)
        told = [*traceback.format_exception(met.value), repr(met.value), repr(met.value.extra)]
        behind = met.value.__context__
        while behind is not None:
            told += [repr(behind), repr(vars(behind))]
            behind = behind.__context__
        said = "".join(told) + repr(logged)
        assert met.value.extra["reason"] == expected
        for secret in (*text.split("."), "Person-Of-Interest", "孔令仪", "token-1", UNIT):
            assert secret not in said
        assert [entry["event"] for entry in logged] == ["authentication_refused"]
        assert logged[0]["reason"] == expected

    async def test_the_id_number_stays_out_of_errors_logs_and_repr(self, verifier: Verifier) -> None:
        good = token(claims(Role.CITIZEN))
        assert CITIZEN_ID not in repr(await verifier.viewer(f"Bearer {good}", NOW))
        wrong = CITIZEN_ID[:-1] + "1"
        with capture_logs() as logged:
            met = await refusal(verifier, f"Bearer {token(claims(Role.CITIZEN, id_number=wrong))}")
        assert wrong not in str(met) + repr(met.extra) + repr(logged)
        assert met.extra == {"reason": "claim_invalid", "claim": "id_number"}

    async def test_an_unknown_issuer_is_not_echoed(self, verifier: Verifier) -> None:
        with capture_logs() as logged:
            await refusal(verifier, f"Bearer {token(claims(iss='https://evil.invalid'))}")
        assert "evil" not in repr(logged)
        assert logged[0]["issuer"] is None

    async def test_expired_tokens_are_named_with_their_issuer(self, verifier: Verifier) -> None:
        with capture_logs() as logged:
            await refusal(verifier, f"Bearer {token()}", later(hours=2))
        assert (logged[0]["reason"], logged[0]["issuer"]) == ("token_expired", ISSUER)
