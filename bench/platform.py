"""The platform as a process of its own: `python -m bench.platform CONFIG`. Ends when its standard input closes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.process import serve
from server import logs
from server.app import create_app
from server.settings import Settings


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The settings of a measured platform."""
    return Settings.of(
        mongo_url=config["url"],
        mongo_database=config["database"],
        data_dir=Path(config["data_dir"]),
        sample=False,
        sweep_seconds=0,
        query_timeout_ms=60_000,
    )


if __name__ == "__main__":
    logs.configure(level="warning")
    serve(create_app(settings_of(json.loads(Path(sys.argv[1]).read_text("utf-8")))), "on")
