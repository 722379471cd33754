"""``@disclosure``: each data field carries its catalogue rule in the SDL."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema_directive import Location

from schema.text import both
from server.catalogue.kind import DisclosureClass, Field


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="disclosure",
    description=both(
        "Who may see a field: its class (P public, AG authorised and government, A authorised, G government, "
        "I internal), the class for natural persons, and the mask with those who get the masked form.",
        "字段披露规则：披露类别（P 公开、AG 授权与共享、A 授权、G 共享、I 内部）、自然人适用类别、脱敏方式及适用对象。",
    ),
)
class Disclosure:
    class_: str = strawberry.directive_field(name="class")
    person: str | None = strawberry.directive_field(name="person", default=strawberry.UNSET)
    mask: str | None = strawberry.directive_field(name="mask", default=strawberry.UNSET)
    masked_for: list[str] | None = strawberry.directive_field(name="maskedFor", default=strawberry.UNSET)


def disclosure_of(field: Field) -> Disclosure:
    """The directive of a catalogue field; ``person`` is "none" where the field does not exist for persons."""
    return Disclosure(
        class_=field.disclosure.value,
        person=field.person_disclosure.value if field.person_disclosure else "none",
        mask=field.mask.name.value if field.mask else strawberry.UNSET,
        masked_for=sorted(one.value for one in field.mask.audiences) if field.mask else strawberry.UNSET,
    )


def disclosed(disclosure: DisclosureClass) -> Disclosure:
    """The directive of a data field outside the catalogue's kinds, such as an entry of the log."""
    person = DisclosureClass.SHARED if disclosure is DisclosureClass.PUBLIC else disclosure
    return Disclosure(class_=disclosure.value, person=person.value)


def data(en: str, zh: str, disclosure: DisclosureClass, **more: Any) -> Any:
    """A field that carries data of a subject, with its rule."""
    return strawberry.field(description=both(en, zh), directives=[disclosed(disclosure)], **more)
