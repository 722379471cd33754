"""The development issuer: every caller for a newcomer, and nothing at all in production."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from joserfc.jwk import import_key
from structlog.testing import capture_logs
from typer.testing import CliRunner

from server.cli.token import Caller, token_command
from server.clock import now
from server.errors import BadInput, ConfigError
from server.identity.development import DEV_ISSUER, FILE, development_keys
from server.identity.mint import mint
from server.identity.verify import Verifier
from server.model.viewer import Role
from server.settings import Issuer, Settings
from tests.identity.makers import AUDIENCE, CITIZEN_ID, ENTITY, HOUR, NOW, OF_ROLE, UNIT, later, reason

ROLES = sorted(OF_ROLE)
NEEDED: dict[Role, dict[str, str]] = {
    role: {"id_number": CITIZEN_ID} if role is Role.CITIZEN
    else {"entity": ENTITY} if role is Role.AGENT
    else {"unit": UNIT}
    for role in ROLES
}  # fmt: skip

RACER = """
import sys
from pathlib import Path
from server.identity.development import development_keys
from server.settings import Settings
settings = Settings.of(keys_dir=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(development_keys(settings).public().decode())
"""


def minted(settings: Settings, role: Role, algorithm: str = "ES256", **more: Any) -> str:
    keys = development_keys(settings)
    return mint(keys, role, audience=AUDIENCE, now=NOW, algorithm=algorithm, **(NEEDED[role] | more))


class TestMint:
    """Tokens of the development issuer."""

    @pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
    @pytest.mark.parametrize("role", ROLES)
    async def test_every_caller_is_believed_in_development(
        self, development: Settings, role: Role, algorithm: str
    ) -> None:
        viewer = await Verifier.of(development).viewer(f"Bearer {minted(development, role, algorithm)}", NOW)
        assert viewer.role is role
        assert {
            "id_number": viewer.id_number,
            "entity": viewer.entity,
            "unit": viewer.unit,
        }.items() >= NEEDED[role].items()

    async def test_everything_asked_for_is_in_it(self, development: Settings) -> None:
        text = mint(
            development_keys(development), Role.PROVIDER, audience=AUDIENCE, now=NOW, subject="s", unit=UNIT,
            client="c", officer="孔令仪", machine=True, ttl_seconds=5, purposes=["inspection"],
            matters=["QF-1"],
        )  # fmt: skip
        verifier = Verifier.of(development)
        viewer = await verifier.viewer(f"Bearer {text}", NOW)
        assert (viewer.id, viewer.client, viewer.officer, viewer.machine) == ("s", "c", "孔令仪", True)
        assert viewer.purposes == {"inspection"}
        assert viewer.matters == {"QF-1"}
        assert await reason(verifier, text, later(seconds=5)) == "token_expired"

    async def test_a_caller_keeps_one_subject_that_gives_nothing_away(self, development: Settings) -> None:
        verifier = Verifier.of(development)
        first, again, maker, checker = [
            await verifier.viewer(f"Bearer {minted(development, role)}", NOW)
            for role in (Role.CITIZEN, Role.CITIZEN, Role.PROVIDER, Role.CHECKER)
        ]
        assert first.id == again.id
        assert first.token_id != again.token_id
        assert CITIZEN_ID not in first.id
        assert maker.id != checker.id

    @pytest.mark.parametrize(
        ("role", "wrong", "named"),
        [
            (Role.CITIZEN, {"id_number": CITIZEN_ID[:-1] + "1"}, "公民身份号码"),
            (Role.AGENT, {"entity": ENTITY[:-1] + "H"}, "统一社会信用代码"),
            (Role.AGENCY, {"unit": UNIT[:-1] + "M"}, "统一社会信用代码"),
            (Role.CLERK, {"unit": ""}, "统一社会信用代码"),
            (Role.AGENCY, {"officer": "a\nb"}, "经办人"),
            (Role.AGENCY, {"officer": "\udcff"}, "经办人"),
            (Role.AGENCY, {"subject": "a\nb"}, "subject"),
            (Role.AGENCY, {"algorithm": "HS256"}, "algorithm"),
        ],
    )
    def test_wrong_input_is_one_sentence_without_the_value(
        self, development: Settings, role: Role, wrong: dict[str, str], named: str
    ) -> None:
        with pytest.raises(BadInput) as met:
            minted(development, role, **wrong)
        assert named in met.value.sentence
        assert not any(value and value in met.value.sentence for value in wrong.values())

    @pytest.mark.parametrize("ttl", [0, -1, 24 * HOUR + 1])
    def test_a_lifetime_has_bounds(self, development: Settings, ttl: int) -> None:
        with pytest.raises(BadInput, match="24 hours"):
            mint(
                development_keys(development),
                Role.AGENCY,
                audience=AUDIENCE,
                now=NOW,
                unit=UNIT,
                ttl_seconds=ttl,
            )

    def test_a_visitor_has_no_token(self, development: Settings) -> None:
        with pytest.raises(BadInput):
            mint(development_keys(development), Role.VISITOR, audience=AUDIENCE, now=NOW)


class TestProduction:
    """No way leads from the development issuer into production."""

    async def test_its_tokens_are_refused(self, development: Settings, production: Settings) -> None:
        text = minted(development, Role.AGENCY)
        assert (await Verifier.of(development).viewer(f"Bearer {text}", NOW)).role is Role.AGENCY
        assert await reason(Verifier.of(production), text) == "issuer_unknown"

    def test_it_has_no_keys_and_makes_none(self, production: Settings) -> None:
        with pytest.raises(ConfigError, match="development profile only"):
            development_keys(production)
        Verifier.of(production)
        assert not (production.keys_dir / FILE).exists()

    @pytest.mark.parametrize("profile", ["production", "development"])
    def test_it_cannot_be_configured(self, keys_file: Path, tmp_path: Path, profile: str) -> None:
        issuer = Issuer(iss=DEV_ISSUER, jwks=str(keys_file), roles=frozenset({"agency"}))
        with pytest.raises(ConfigError, match="development issuer"):
            Verifier.of(Settings.of(profile=profile, keys_dir=tmp_path, issuers=(issuer,)))

    def test_its_key_file_is_no_key_set(self, development: Settings) -> None:
        development_keys(development)
        own = Issuer(
            iss="https://x.invalid", jwks=str(development.keys_dir / FILE), roles=frozenset({"agency"})
        )
        with pytest.raises(ConfigError, match="without a usable public"):
            Verifier.of(Settings.of(profile="production", issuers=(own,)))


class TestKeyFile:
    """One private file, the same for every process."""

    def test_it_is_private_and_stays(self, development: Settings) -> None:
        first = development_keys(development)
        path = development.keys_dir / FILE
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert development_keys(development).public() == first.public()
        assert [entry.name for entry in path.parent.iterdir()] == [FILE]

    def test_only_public_halves_are_published(self, development: Settings) -> None:
        published = json.loads(development_keys(development).public())["keys"]
        assert {key["alg"] for key in published} == {"ES256", "RS256", "EdDSA"}
        assert not any(import_key(key).is_private for key in published)

    def test_racing_processes_get_the_same_keys(self, tmp_path: Path) -> None:
        folder = tmp_path / "keys"
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", RACER, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )
            for _ in range(3)
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        answers = {racer.communicate(timeout=60)[0] for racer in racers}
        assert len(answers) == 1
        assert answers.pop().startswith('{"keys"')
        assert [entry.name for entry in folder.iterdir()] == [FILE]

    @pytest.mark.parametrize(
        "raw", [b"", b"{}", b"[]", b'{"keys":[]}', b'{"keys":[1]}', b'{"keys":[{"kty":"EC"}]}']
    )
    def test_a_damaged_file_is_one_sentence(self, development: Settings, raw: bytes) -> None:
        development.keys_dir.mkdir()
        path = development.keys_dir / FILE
        path.write_bytes(raw)
        path.chmod(0o600)
        with pytest.raises(ConfigError, match="damaged"):
            development_keys(development)
        assert path.read_bytes() == raw

    def test_a_file_others_may_read_is_refused(self, development: Settings) -> None:
        development_keys(development)
        (development.keys_dir / FILE).chmod(0o640)
        with pytest.raises(ConfigError, match="owner only"):
            development_keys(development)

    async def test_a_file_lost_while_running_leaves_the_keys_in_use(self, development: Settings) -> None:
        text = minted(development, Role.AGENCY)
        verifier = Verifier.of(development)
        await verifier.viewer(f"Bearer {text}", NOW)
        (development.keys_dir / FILE).chmod(0o640)
        with capture_logs() as logged:
            assert (await verifier.viewer(f"Bearer {text}", later(minutes=2))).role is Role.AGENCY
        assert [entry["event"] for entry in logged] == ["issuer_keys_not_loaded"]

    def test_a_place_that_cannot_be_written_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_bytes(b"")
        with pytest.raises(ConfigError, match="cannot be used"):
            development_keys(Settings.of(keys_dir=tmp_path / "taken"))


class TestCommand:
    """`qufu-credit token`."""

    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
        monkeypatch.setenv("CREDIT_KEYS_DIR", str(tmp_path / "keys"))
        monkeypatch.setenv("CREDIT_AUDIENCE", AUDIENCE)
        return CliRunner()

    @staticmethod
    def command(lent: Mapping[Role, Mapping[str, str]]) -> typer.Typer:
        app = typer.Typer()
        app.command()(token_command(lambda role: lent.get(role, {})))
        return app

    def test_it_offers_every_role_but_the_visitor(self) -> None:
        assert set(get_args(Caller)) == {role.value for role in Role} - {"visitor"}

    @pytest.mark.parametrize("caller", get_args(Caller))
    async def test_it_prints_one_token_of_the_sample_caller(self, run: CliRunner, caller: str) -> None:
        done = run.invoke(self.command(NEEDED), ["--as", caller])
        assert done.exit_code == 0, done.output
        verifier = Verifier.of(Settings.from_env())
        viewer = await verifier.viewer(f"Bearer {done.stdout.removesuffix(chr(10))}", now())
        assert viewer.role == caller

    async def test_options_win_over_the_sample_caller(self, run: CliRunner) -> None:
        lent = {Role.AGENCY: {"unit": "wrong", "subject": "sample", "officer": "样本", "client": "lent"}}
        options = ["--as", "agency", "--unit", UNIT, "--machine", "--algorithm", "EdDSA", "--ttl", "60",
                   "--purpose", "inspection", "--matter", "QF-1", "--matter", "QF-2"]  # fmt: skip
        done = run.invoke(self.command(lent), options)
        viewer = await Verifier.of(Settings.from_env()).viewer(f"Bearer {done.stdout.strip()}", now())
        assert (viewer.unit, viewer.client, viewer.officer, viewer.machine) == (UNIT, "lent", None, True)
        assert viewer.id != "sample"
        assert viewer.purposes == {"inspection"}
        assert viewer.matters == {"QF-1", "QF-2"}

    @pytest.mark.parametrize(
        "options",
        [
            ["--as", "citizen", "--id-number", CITIZEN_ID[:-1] + "1"],
            ["--as", "citizen"],
            ["--as", "agent", "--entity", ENTITY[:-1] + "H"],
            ["--as", "agency", "--unit", UNIT[:-1] + "M"],
            ["--as", "clerk", "--unit", UNIT, "--machine"],
            ["--as", "clerk", "--unit", UNIT, "--ttl", "0"],
            ["--as", "clerk", "--unit", UNIT, "--ttl", "999999999999999999"],
        ],
    )
    def test_wrong_input_is_one_sentence_and_exit_2(self, run: CliRunner, options: list[str]) -> None:
        done = run.invoke(self.command({}), options)
        assert done.exit_code == 2
        assert done.stdout == ""
        assert len(done.stderr.strip().splitlines()) == 1
        assert not any(option in done.stderr for option in options if len(option) == 18)

    @pytest.mark.parametrize("options", [[], ["--as", "visitor"], ["--as", "agency", "--algorithm", "HS256"]])
    def test_unknown_choices_are_usage_errors(self, run: CliRunner, options: list[str]) -> None:
        assert run.invoke(self.command(NEEDED), options).exit_code == 2

    def test_production_prints_none(self, run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CREDIT_PROFILE", "production")
        done = run.invoke(self.command(NEEDED), ["--as", "agency"])
        assert isinstance(done.exception, ConfigError)
        assert done.stdout == ""
