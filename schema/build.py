"""The schema of one catalogue: ONE for all viewers; field names are no secret, values are (Art. 22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from schema.changes import make_change_types
from schema.lean import shorten
from schema.mutation import make_mutation
from schema.query import make_query
from schema.records import make_interface, make_kind_enum, make_type, record_fields
from schema.scalars import SCALARS
from schema.subjects import make_subject_types
from schema.subscription import make_subscription
from server.catalogue.kind import Catalogue
from server.model.view import RecordView


@dataclass(frozen=True, slots=True)
class Contract:
    """The executable schema, its SDL, and what the selection walk needs to know of the record types."""

    graphql: GraphQLSchema
    sdl: str
    record_fields: dict[str, frozenset[str]]


def read(source: Any, name: str) -> Any:
    """Values of a view are read through it, so that the log knows; everything else is a plain attribute."""
    if type(source) is RecordView and name != "id":
        return source.read(name)
    if type(source) is dict:
        # Part of a value that was read already, such as the name of a responsible person.
        return source.get(name)
    return getattr(source, name)


def build(catalogue: Catalogue) -> Contract:
    """Make every type from the catalogue and put the schema together."""
    kinds = make_kind_enum(catalogue)
    interface = make_interface(kinds)
    types = make_subject_types(interface, kinds)
    changes = make_change_types(interface, kinds)
    schema = strawberry.Schema(
        query=make_query(types, changes, interface, kinds),
        subscription=make_subscription(changes),
        mutation=make_mutation(kinds),
        types=[make_type(kind, interface) for kind in catalogue.kinds.values()],
        config=StrawberryConfig(default_resolver=read, scalar_map=SCALARS),
    )
    shorten(schema._schema, read)
    return Contract(schema._schema, schema.as_str() + "\n", record_fields(catalogue))
