"""What may be read as YAML from outside: plain mappings, lists and values, and nothing that builds or multiplies."""

from __future__ import annotations

import yaml

from server.catalogue.fault import Invalid

DEPTH_MOST = 6
"""How deep data files nest; the deepest is a list of types in a class of penalties in a rule set."""


def check_shape(text: str) -> None:
    """Refuse what no data file needs before anything is built from it. Raises Invalid, and what the parser raises.

    Thousands of nested brackets overflow the C stack of the builder and end the process, aliases multiply, and
    explicit tags choose constructors that raise anything. The events come one by one and are safe to read.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if (
            isinstance(event, yaml.AliasEvent)
            or getattr(event, "anchor", None)
            or getattr(event, "tag", None)
        ):
            raise Invalid("plain_yaml", "must not use anchors, aliases or tags")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MOST:
            raise Invalid("nesting", "is nested too deeply")
