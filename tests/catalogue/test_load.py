"""A slip in a catalogue file stops the platform, and the sentence says where it is (Art. 21, 22)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from server.catalogue.kind import DisclosureClass, Kind
from server.catalogue.load import KINDS, assemble, load, parse_kind
from server.errors import ConfigError
from tests.catalogue.makers import a_field, a_kind, a_kind_file

NEW_FIELD_FAULTS: list[tuple[dict[str, Any], str]] = [
    (a_field("extra", surprise=1), "fields[extra].surprise is unknown"),
    (a_field("extra", **{"class": None}), "fields[extra].class is missing"),
    (a_field("extra", **{"class": "X"}), "fields[extra].class must be one of"),
    (a_field("extra", person="P"), "fields[extra].person must not be public"),
    (a_field("extra", person="Q"), "fields[extra].person must be one of"),
    (a_field("Extra"), "must be camelCase"),
    (a_field("madeOn"), "repeats the name madeOn"),
    (a_field("extra", label={"zh": "日期", "en": "Other"}), "repeats the label 日期"),
    (a_field("extra", label={"zh": "日"}), "fields[extra].label.en is missing"),
    (a_field("extra", label={"zh": "日", "en": " "}), "fields[extra].label.en is empty"),
    (a_field("extra", label="日"), "fields[extra].label must have zh and en"),
    (a_field("extra", about=None), "fields[extra].about is missing"),
    (a_field("extra", type="blob"), "fields[extra].type must be one of"),
    (a_field("extra", type=3), "fields[extra].type must be a text"),
    (a_field("extra", length=0), "fields[extra].length must be positive"),
    (a_field("extra", length="9"), "fields[extra].length must be a whole number"),
    (a_field("extra", many=1), "fields[extra].many must be true or false"),
    (a_field("extra", required="often"), "fields[extra].required must be one of"),
    (a_field("extra", required="when"), "fields[extra].required needs a field"),
    (a_field("extra", required=["always"]), "fields[extra].required must be one of"),
    (a_field("extra", required={"when": "state", "one_of": []}), "fields[extra].required.one_of is empty"),
    (a_field("extra", required={"when": "state", "one_of": ["gone"]}), "must name a choice of the kind"),
    (a_field("extra", required={"when": "madeOn", "one_of": ["open"]}), "must name a choice of the kind"),
    (a_field("extra", required="entity", entity=False), "asks for what entities do not have"),
    (a_field("extra", required="person", person="none"), "asks for what persons do not have"),
    (a_field("extra", type="choice"), "fields[extra].options belong to choices"),
    (
        a_field("extra", options=[{"code": "a", "zh": "甲", "en": "A"}]),
        "fields[extra].options belong to choices",
    ),
    (
        a_field("extra", type="choice", options=[{"code": "a", "zh": "甲", "en": "A", "aliases": ["甲"]}]),
        "fields[extra].options repeat 甲",
    ),
    (
        a_field("extra", type="choice", options=[{"code": "a", "zh": "甲", "en": "A", "aliases": [1]}]),
        "list of texts",
    ),
    (a_field("extra", type="choice", options="ab"), "fields[extra].options must be a list"),
    (a_field("extra", subjects=[]), "fields[extra].subjects is empty or repeats"),
    (a_field("extra", subjects=["alien"]), "fields[extra].subjects must be one of"),
    (a_field("extra", subjects=["government_unit"]), "admits no subject of the kind"),
    (a_field("extra", mask="name"), "fields[extra].mask must have form and audiences"),
    (
        a_field("extra", mask={"form": "blur", "audiences": ["public"]}),
        "fields[extra].mask.form must be one of",
    ),
    (
        a_field("extra", mask={"form": "name", "audiences": ["public"]}, **{"class": "AG"}),
        "names an audience that does not see the field",
    ),
    (a_field("extra", mask={"form": "name", "audiences": ["internal"]}), "must leave the value to internal"),
    (a_field("extra", mask={"form": "year", "audiences": ["public"]}), "must be the year for dates"),
    (a_field("extra", type="money", mask={"form": "ends", "audiences": ["public"]}), "does not fit the type"),
    (a_field("extra", type="citizen_id"), "must not publish an identity number"),
    (a_field("extra", type="citizen_id", **{"class": "AG"}), "must cover third parties and government"),
    (
        a_field(
            "extra", type="citizen_id", **{"class": "G"}, mask={"form": "ends", "audiences": ["third_party"]}
        ),
        "names an audience that does not see the field",
    ),
    (a_field("extra", document_type="state"), "must name a choice, on an identity number"),
    (a_field("extra", type="citizen_id", **{"class": "I"}, document_type="madeOn"), "must name a choice"),
    (a_field("bloodType"), "asks for what may not be collected (Art. 63)"),
    (a_field("extra", label={"zh": "月收入", "en": "Extra"}), "asks for what may not be collected (Art. 63)"),
]
KIND_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"surprise": 1}, "surprise is unknown"),
    ({"code": None}, "code is missing"),
    ({"code": "Note"}, "code is not of the prescribed form"),
    ({"type": "note"}, "type is not of the prescribed form"),
    ({"item": "0999"}, "item is not of the prescribed form"),
    ({"category": "good"}, "category must be one of"),
    ({"family": ["public"]}, "family must be a text"),
    ({"subjects": []}, "subjects is empty"),
    ({"subjects": ["legal_person", "legal_person"]}, "repeats itself"),
    ({"subjects": "legal_person"}, "subjects must be a list"),
    ({"sources": []}, "sources is empty"),
    ({"sources": ["单位"]}, "sources[0] must be a mapping"),
    ({"basis": [{"document": "办法", "article": "一", "rank": "village"}]}, "basis[0].rank must be one of"),
    ({"frequency": "hourly"}, "frequency must be one of"),
    ({"channel": "fax"}, "channel must be one of"),
    ({"fields": []}, "fields is empty"),
    ({"dated_by": "state"}, "dated_by must name a date field"),
    ({"dated_by": "gone"}, "dated_by must name a date field"),
    ({"valid_to": "state"}, "valid_to must name a date field"),
    ({"valid_from": ""}, "valid_from is empty"),
    ({"conduct_ended_by": "gone"}, "conduct_ended_by must name a date field"),
    ({"purposes": [1]}, "purposes must be a list of texts"),
    ({"published_when": "state"}, "published_when must have when and one_of"),
    ({"published_when": {"when": "state", "one_of": ["gone"]}}, "published_when must name a choice"),
    ({"published_when": {"when": "madeOn", "one_of": ["open"]}}, "published_when must name a choice"),
]


def test_a_small_kind_loads_with_the_defaults_of_the_law() -> None:
    kind = a_kind(a_field("text"), a_field("own", **{"class": "A"}), a_field("firm", person="none"))
    assert kind.field("text").person_disclosure is DisclosureClass.SHARED
    assert kind.field("own").person_disclosure is DisclosureClass.AUTHORISED
    assert kind.field("firm").person_disclosure is None
    assert kind.field("text").review
    assert not kind.field("own").review
    assert not kind.field("madeOn").review


def test_publicity_may_hang_on_a_choice() -> None:
    kind = a_kind(published_when={"when": "state", "one_of": ["open"]}, purposes=["commendation"])
    assert kind.published_when is not None
    assert (kind.published_when.field, kind.published_when.one_of) == ("state", ("open",))
    assert kind.purposes == {"commendation"}


@pytest.mark.parametrize(("field", "sentence"), NEW_FIELD_FAULTS, ids=[text for _, text in NEW_FIELD_FAULTS])
def test_a_wrong_field_does_not_boot(field: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        a_kind(field)
    assert "note.yaml" in str(caught.value)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("changes", "sentence"), KIND_FAULTS, ids=[text for _, text in KIND_FAULTS])
def test_a_wrong_kind_does_not_boot(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_kind(a_kind_file(**changes), "note.yaml")
    assert "note.yaml" in str(caught.value)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "text", {1: 2}])
def test_a_file_must_be_a_mapping(data: object) -> None:
    with pytest.raises(ConfigError, match="must be a mapping"):
        parse_kind(data, "note.yaml")


@pytest.mark.parametrize(
    ("date_class", "other_class", "visible"),
    [
        ("P", "P", True),
        ("AG", "AG", True),
        ("AG", "A", True),
        ("AG", "G", True),
        ("AG", "I", True),
        ("AG", "P", False),
        ("A", "G", False),
        ("G", "A", False),
        ("I", "G", False),
        ("A", "AG", False),
    ],
)
def test_the_date_of_a_list_is_visible_to_all_its_readers(
    date_class: str, other_class: str, visible: bool
) -> None:
    day = a_kind_file()["fields"][0] | {"class": date_class}
    data = a_kind_file(fields=[day, a_field("other", **{"class": other_class})])
    if visible:
        assert parse_kind(data, "note.yaml").dated_by == "madeOn"
    else:
        with pytest.raises(ConfigError, match="dated_by is hidden from readers of other"):
            parse_kind(data, "note.yaml")


def test_a_date_without_a_class_for_persons_cannot_order_their_records() -> None:
    day = a_kind_file()["fields"][0] | {"person": "none"}
    with pytest.raises(ConfigError, match="natural_person"):
        parse_kind(a_kind_file(fields=[day, a_field("other")]), "note.yaml")


def test_a_date_that_orders_a_list_is_not_masked() -> None:
    day = a_kind_file()["fields"][0] | {"mask": {"form": "year", "audiences": ["public"]}}
    with pytest.raises(ConfigError, match="dated_by must not be masked"):
        parse_kind(a_kind_file(fields=[day]), "note.yaml")


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def test_a_folder_loads_in_the_order_of_its_items(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", a_kind_file(code="a", type="A", item="QF-0902"))
    write(tmp_path, "b.yaml", a_kind_file(code="b", type="B", item="QF-0901"))
    catalogue = load(tmp_path)
    assert list(catalogue.kinds) == ["b", "a"]
    assert catalogue.by_type("A") is catalogue.kind("a")
    assert catalogue.version == 1


@pytest.mark.parametrize("other", [{"code": "note"}, {"type": "Note"}, {"item": "QF-0999"}])
def test_two_kinds_share_no_name(other: dict[str, str]) -> None:
    def kind(**changes: str) -> Kind:
        return parse_kind(
            a_kind_file(**({"code": "other", "type": "Other", "item": "QF-0998"} | changes)), "x"
        )

    with pytest.raises(ConfigError, match="two kinds have the same"):
        assemble(2, [parse_kind(a_kind_file(), "y"), kind(**other)])


def test_a_file_is_named_after_its_kind(tmp_path: Path) -> None:
    write(tmp_path, "other.yaml", a_kind_file())
    with pytest.raises(ConfigError, match=r"other\.yaml: code must be the name of the file"):
        load(tmp_path)


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no kind"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\xff", b"? {a: b}\n: [\n"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.yaml is not readable"):
        load(tmp_path)


def test_a_key_given_twice_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("code: a\ncode: b\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml: the key code is given twice"):
        load(tmp_path)


def test_every_shipped_file_loads() -> None:
    assert set(load().kinds) == {path.stem for path in KINDS.glob("*.yaml")}
