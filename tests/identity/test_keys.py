"""Where an issuer's keys come from, which are usable, and when they are asked for again."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from structlog.testing import capture_logs

from server.errors import ConfigError, Unauthenticated
from server.identity.keys import (
    MAX_BYTES,
    KeysNotLoaded,
    KeySource,
    KeysUnavailable,
    from_url,
    read_keys,
    read_response,
)
from server.identity.verify import Verifier
from server.model.viewer import Role
from server.settings import Issuer, Settings
from tests.identity.makers import (
    AUDIENCE,
    ISSUER,
    KEYS,
    NOW,
    STRANGERS,
    claims,
    jwks,
    later,
    reason,
    token,
    write_keys,
)

EC = KEYS["ES256"]
NEXT = ECKey.generate_key("P-256", {"kid": "next"})


class TestWhichKeys:
    """The usable keys of a key set."""

    def test_one_per_algorithm(self) -> None:
        found = read_keys(jwks(list(KEYS.values())))
        assert [(key.kid, key.algorithm) for key in found] == [
            ("ec", "ES256"), ("rsa", "RS256"), ("ed", "EdDSA"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "jwk",
        [
            EC.as_dict(private=True),
            OctKey.generate_key(256).as_dict(),
            ECKey.generate_key("P-384").as_dict(private=False),
            OKPKey.generate_key("X25519").as_dict(private=False),
            OKPKey.generate_key("Ed448").as_dict(private=False),
            {**EC.as_dict(private=False), "use": "enc"},
            {**EC.as_dict(private=False), "alg": "ES384"},
            {**EC.as_dict(private=False), "alg": "RS256"},
            {**EC.as_dict(private=False), "key_ops": ["sign"]},
            {**EC.as_dict(private=False), "key_ops": "verify"},
            {**EC.as_dict(private=False), "kid": 7},
            {**EC.as_dict(private=False), "x": "AAAA"},
            {**EC.as_dict(private=False), "x": 5},
            {"kty": "EC", "crv": ["P-256"]},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "n": "!", "e": "AQAB"},
            {"kty": "RSA", "n": KEYS["RS256"].as_dict(private=False)["n"], "e": "AQ"},
            {"kty": "RSA", "n": "_" * 1600, "e": "AQAB"},
            {"kty": "AKP"},
            {},
        ],
    )
    def test_others_are_passed_over(self, jwk: object) -> None:
        raw = json.dumps({"keys": [jwk, NEXT.as_dict(private=False), "x", None]}).encode()
        assert [key.kid for key in read_keys(raw)] == ["next"]

    def test_a_short_rsa_key_is_passed_over(self) -> None:
        with pytest.warns(Warning, match="2048"):
            short = RSAKey.generate_key(1024).as_dict(private=False)
        assert read_keys(json.dumps({"keys": [short]}).encode()) == ()

    @pytest.mark.parametrize(
        "raw",
        [
            *(b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":1}', b"\xff", b"[" * 5000),
            b" " * (MAX_BYTES + 1),
            json.dumps({"keys": [{}] * 65}).encode(),
        ],
    )
    def test_anything_else_is_no_key_set(self, raw: bytes) -> None:
        with pytest.raises(KeysNotLoaded):
            read_keys(raw)


@dataclass
class Shelf:
    """A key source's other end: what it holds, and how often it was asked."""

    held: bytes | None
    asked: int = 0
    gate: threading.Event = field(default_factory=threading.Event)

    def load(self) -> bytes:
        self.asked += 1
        if self.held is None:
            raise KeysNotLoaded("nothing there")
        return self.held

    def load_slowly(self) -> bytes:
        assert self.gate.wait(5)
        return self.load()


def source(load: Callable[[], bytes]) -> KeySource:
    return KeySource("issuer", load, max_age=timedelta(minutes=10), min_interval=timedelta(seconds=30))


class TestWhenAsked:
    """Freshness, with every moment an argument."""

    async def test_fresh_keys_are_not_asked_for_again(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load)
        for minutes in range(10):
            assert await keys.find("ec", "ES256", later(minutes=minutes)) is not None
        assert shelf.asked == 1
        assert await keys.find("ec", "ES256", later(minutes=10)) is not None
        assert shelf.asked == 2

    async def test_an_unknown_key_is_asked_for_within_bounds(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load)
        await keys.find("ec", "ES256", NOW)
        shelf.held = jwks([EC, NEXT])
        for second in range(30):
            assert await keys.find("next", "ES256", later(seconds=second)) is None
        assert shelf.asked == 1
        assert await keys.find("next", "ES256", later(seconds=30)) is not None
        for second in range(30, 60):
            assert await keys.find("nobody", "ES256", later(seconds=second)) is None
        assert shelf.asked == 2

    async def test_a_failing_source_keeps_its_keys_for_a_day(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load)
        await keys.find("ec", "ES256", NOW)
        shelf.held = None
        with capture_logs() as logged:
            assert await keys.find("ec", "ES256", later(hours=23, minutes=59)) is not None
        assert [entry["event"] for entry in logged] == ["issuer_keys_not_loaded"]
        with pytest.raises(KeysUnavailable):
            await keys.find("ec", "ES256", later(hours=24))
        shelf.held = jwks([EC])
        assert await keys.find("ec", "ES256", later(hours=24, seconds=30)) is not None

    async def test_a_damaged_key_set_does_not_replace_a_good_one(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load)
        await keys.find("ec", "ES256", NOW)
        shelf.held = b'{"keys": ['
        assert await keys.find("ec", "ES256", later(minutes=11)) is not None
        assert keys.generation == 1

    async def test_an_emptied_key_set_withdraws_every_key(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load)
        await keys.find("ec", "ES256", NOW)
        shelf.held = jwks([])
        assert await keys.find("ec", "ES256", later(minutes=10)) is None
        assert keys.generation == 2

    async def test_no_keys_at_all_is_said_so_and_not_asked_in_a_storm(self) -> None:
        shelf = Shelf(None)
        keys = source(shelf.load)
        for _ in range(5):
            with pytest.raises(KeysUnavailable):
                await keys.find("ec", "ES256", NOW)
        assert shelf.asked == 1

    async def test_waiting_together_asks_once_even_when_one_leaves(self) -> None:
        shelf = Shelf(jwks([EC]))
        keys = source(shelf.load_slowly)
        waiting = [asyncio.create_task(keys.find("ec", "ES256", NOW)) for _ in range(20)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        shelf.gate.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert None not in answers[1:]
        assert shelf.asked == 1

    async def test_without_a_key_id_only_a_single_fitting_key_is_used(self) -> None:
        shelf = Shelf(jwks([EC, KEYS["RS256"]]))
        keys = source(shelf.load)
        assert await keys.find(None, "ES256", NOW) is not None
        shelf.held = jwks([EC, NEXT])
        assert await keys.find(None, "ES256", later(minutes=10)) is None

    async def test_two_keys_under_one_id_are_not_guessed_between(self) -> None:
        keys = source(Shelf(jwks([EC, STRANGERS["ES256"]])).load)
        assert await keys.find("ec", "ES256", NOW) is None


async def test_keys_rotate_by_file(verifier: Verifier, keys_file: Path) -> None:
    old, new = token(), token(key=NEXT)
    assert (await verifier.viewer(f"Bearer {old}", NOW)).role is Role.AGENCY
    assert await reason(verifier, new) == "key_unknown"
    write_keys(keys_file, [EC, NEXT])
    assert (await verifier.viewer(f"Bearer {new}", later(seconds=2))).role is Role.AGENCY
    assert (await verifier.viewer(f"Bearer {old}", later(seconds=2))).role is Role.AGENCY
    write_keys(keys_file, [NEXT])
    assert await reason(verifier, old, later(seconds=12)) == "key_unknown"
    assert (await verifier.viewer(f"Bearer {new}", later(seconds=12))).role is Role.AGENCY


class Provider(ThreadingHTTPServer):
    """An identity provider's key address on loopback; `answer` is (status, headers, body)."""

    daemon_threads = True
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/jwks"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked += 1
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Provider(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def with_address(url: str, profile: str = "development", **more: object) -> Settings:
    issuer = Issuer.model_validate({"iss": ISSUER, "jwks": url, "roles": ["agency"]})
    return Settings.of(audience=AUDIENCE, issuers=(issuer,), profile=profile, **more)


class TestAddress:
    """Keys fetched over HTTP."""

    async def test_keys_are_fetched_once_and_used(self, provider: Provider, tmp_path: Path) -> None:
        provider.answer = (200, {}, jwks([EC, NEXT]))
        verifier = Verifier.of(with_address(provider.url, keys_dir=tmp_path))
        for key in (EC, NEXT):
            assert (await verifier.viewer(f"Bearer {token(key=key)}", NOW)).role is Role.AGENCY
        assert provider.asked == 1

    async def test_a_provider_that_is_away_is_a_refusal_and_recovers(
        self, provider: Provider, tmp_path: Path
    ) -> None:
        provider.answer = (503, {}, b"")
        verifier = Verifier.of(with_address(provider.url, keys_dir=tmp_path))
        assert await reason(verifier, token()) == "keys_unavailable"
        provider.answer = (200, {}, jwks([EC]))
        assert await reason(verifier, token(), later(seconds=29)) == "keys_unavailable"
        assert (await verifier.viewer(f"Bearer {token()}", later(seconds=30))).role is Role.AGENCY

    @pytest.mark.parametrize(
        "answer",
        [
            (404, {}, b"{}"),
            (204, {}, b""),
            (302, {"Location": "/elsewhere"}, b""),
            (200, {"Content-Length": "50"}, b"short"),
            (200, {}, b" " * (MAX_BYTES + 1)),
        ],
    )
    def test_any_other_answer_is_a_failure(
        self, provider: Provider, answer: tuple[int, dict[str, str], bytes]
    ) -> None:
        provider.answer = answer
        with pytest.raises(KeysNotLoaded):
            read_keys(from_url(provider.url)())
        assert provider.asked == 1

    def test_a_trickling_answer_is_a_failure(self, provider: Provider) -> None:
        provider.answer = (200, {}, jwks([EC]))
        with urllib.request.urlopen(provider.url) as response:
            assert read_response(response, until=time.monotonic() + 60) == jwks([EC])
        with urllib.request.urlopen(provider.url) as response, pytest.raises(KeysNotLoaded, match="slowly"):
            read_response(response, until=time.monotonic() - 1)

    def test_nobody_there_is_a_failure(self, provider: Provider) -> None:
        url = provider.url.replace("/jwks", "")
        provider.server_close()
        with pytest.raises(KeysNotLoaded):
            from_url(url)()


class TestConfiguration:
    """An issuer's entry that cannot work stops the program with one sentence."""

    @pytest.mark.parametrize(
        "jwks_place",
        ["http://idp.example.invalid/keys", "ftp://idp.example.invalid/keys", "file:///etc/passwd", "https://",
         "https://[", "missing.json"],
    )  # fmt: skip
    def test_in_production_keys_come_by_https_or_file(self, jwks_place: str) -> None:
        with pytest.raises(ConfigError) as met:
            Verifier.of(with_address(jwks_place, "production"))
        assert "CREDIT_ISSUERS" in met.value.sentence

    def test_https_is_accepted_in_production(self) -> None:
        assert Verifier.of(with_address("https://idp.example.invalid/keys", "production"))

    @pytest.mark.parametrize(
        "raw", [b"", b'{"keys": []}', json.dumps({"keys": [EC.as_dict(private=True)]}).encode()]
    )
    def test_a_file_without_usable_keys(self, tmp_path: Path, raw: bytes) -> None:
        path = tmp_path / "jwks.json"
        path.write_bytes(raw)
        with pytest.raises(ConfigError, match="key file"):
            Verifier.of(with_address(str(path), "production"))

    @pytest.mark.parametrize("roles", [["visitor"], ["agency", "root"]])
    def test_an_unknown_role(self, keys_file: Path, roles: list[str]) -> None:
        issuer = Issuer(iss=ISSUER, jwks=str(keys_file), roles=frozenset(roles))
        with pytest.raises(ConfigError, match="these roles only"):
            Verifier.of(Settings.of(profile="production", issuers=(issuer,)))

    def test_one_issuer_twice(self, keys_file: Path) -> None:
        issuer = Issuer(iss=ISSUER, jwks=str(keys_file), roles=frozenset({"agency"}))
        with pytest.raises(ConfigError, match="twice"):
            Verifier.of(Settings.of(profile="production", issuers=(issuer, issuer)))

    async def test_without_issuers_nobody_is_believed(self) -> None:
        verifier = Verifier.of(Settings.of(profile="production"))
        with pytest.raises(Unauthenticated):
            await verifier.viewer(f"Bearer {token(claims())}", NOW)
