"""Descriptions in two languages: English first, then Chinese, on every type, field and argument."""

from __future__ import annotations

from typing import Any

import strawberry

from server.catalogue.kind import Label


def both(en: str, zh: str) -> str:
    """One bilingual description."""
    return f"{en}\n{zh}"


def of_label(label: Label) -> str:
    """The description made of a catalogue label."""
    return both(label.en, label.zh)


def plain(en: str, zh: str, **more: Any) -> Any:
    """A field that carries no data of a subject, read from its object as it is."""
    return strawberry.field(description=both(en, zh), **more)


def arg(en: str, zh: str) -> Any:
    """The annotation of an argument."""
    return strawberry.argument(description=both(en, zh))
