"""`qufu-credit schema`: the reviewed GraphQL contract as text."""

from __future__ import annotations

import sys

from schema.build import build
from server.catalogue.load import load


def schema() -> None:
    """Print the SDL; schema/schema.graphql holds the reviewed copy (`make schema` writes it)."""
    sys.stdout.write(build(load()).sdl)
