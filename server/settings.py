"""Settings, read once from `CREDIT_*` environment variables and passed on as one frozen value."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from server.errors import ConfigError

PREFIX = "CREDIT_"

Profile = Literal["development", "production"]
Algorithm = Literal["RS256", "ES256", "EdDSA"]


class Issuer(BaseModel):
    """One trusted token issuer.

    `iss` is compared exactly; `jwks` is an https URL or a file with the public key set; `roles` are the
    kinds of viewer its tokens may name (a real-name identity provider vouches for citizens and agents,
    never for an agency). `audience` is what its tokens must be meant for (absent: the platform's own
    audience), `leeway_seconds` the clock difference allowed for `iat` and `nbf`,
    `assurance` the `acr` levels accepted for real-name callers (empty: any stated level).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: str = Field(min_length=1)
    jwks: str = Field(min_length=1)
    roles: frozenset[str] = Field(min_length=1)
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256", "ES256", "EdDSA"), min_length=1)
    audience: str | None = Field(default=None, min_length=1)
    leeway_seconds: int = Field(default=60, ge=0, le=300)
    assurance: frozenset[str] = frozenset()


class Settings(BaseSettings):
    """Everything that differs between installations. Durations carry their unit in their name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    mongo_url: str | None = None
    mongo_database: str = Field(default="qufu_credit", pattern=r"^[A-Za-z0-9_-]{1,38}$")
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = Path(".data")
    profile: Profile = "development"
    audience: str = Field(default="qufu-credit", min_length=1)
    issuers: tuple[Issuer, ...] = ()
    keys_dir: Path
    sample: bool
    seed_entities: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    query_timeout_ms: int = Field(default=3_000, ge=100, le=60_000)
    max_body_bytes: int = Field(default=1_048_576, ge=1_024, le=64 * 1_048_576)
    checkpoint_seconds: int = Field(default=10, ge=1, le=3_600)
    sweep_seconds: int = Field(default=60, ge=0, le=3_600)

    @model_validator(mode="before")
    @classmethod
    def _fill_dependent_defaults(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        filled = dict(raw)
        filled.setdefault("keys_dir", Path(filled.get("data_dir", ".data")) / "keys")
        filled.setdefault("sample", filled.get("profile", "development") == "development")
        return filled

    @field_validator("mongo_url")
    @classmethod
    def _is_mongo_url(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("it must start with mongodb:// or mongodb+srv://")
        return url

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, level: object) -> object:
        return level.lower() if isinstance(level, str) else level

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only arguments: `from_env` alone looks at the environment, so tests never inherit it."""
        return (init_settings,)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Settings from the given values and the defaults, without looking at the environment.

        Raises ConfigError with one sentence when a value is not acceptable.
        """
        try:
            return cls(**values)
        except ValidationError as fault:
            raise ConfigError(_sentence(fault)) from None

    @classmethod
    def from_env(cls) -> Self:
        """Read `CREDIT_*`. Raises ConfigError with one sentence naming the variable, never its value."""
        _refuse_unknown(known=frozenset(cls.model_fields))
        try:
            values = EnvSettingsSource(cls)()
        except SettingsError:
            raise ConfigError(f"{PREFIX}ISSUERS must be a JSON list of issuers.") from None
        return cls.of(**values)

    def but(self, **changes: object) -> Self:
        """These settings with some changed (None leaves one as it is). Raises ConfigError like `of`."""
        kept = {name: getattr(self, name) for name in type(self).model_fields}
        return self.of(**kept | {name: value for name, value in changes.items() if value is not None})

    def ready_data_dir(self) -> Path:
        """The data directory, created and tried. Raises ConfigError when it cannot be written to."""
        probe = self.data_dir / f".probe-{os.getpid()}"
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as fault:
            reason = fault.strerror or "it is not usable"
            raise ConfigError(f"{PREFIX}DATA_DIR ({self.data_dir}) cannot be written to: {reason}.") from None
        return self.data_dir


def _refuse_unknown(*, known: frozenset[str]) -> None:
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known:
            near = difflib.get_close_matches(name, [PREFIX + field.upper() for field in known], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{name} is not a setting of this program.{hint}")


def _sentence(fault: ValidationError) -> str:
    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    place = [str(part) for part in first["loc"]]
    name = PREFIX + place[0].upper() if place else "The settings"
    inside = f" ({'.'.join(place[1:])})" if len(place) > 1 else ""
    reason = first["msg"].removeprefix("Value error, ")
    return f"{name}{inside} is not acceptable: {reason[:1].lower()}{reason[1:]}."
