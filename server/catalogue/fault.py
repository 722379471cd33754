"""How the catalogue says no to a value: where and why, never what was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One refused value: the field, its Chinese label, the rule it broke and one English sentence.

    Neither part ever holds the value itself (Art. 38, 64), so a fault may be logged, shown and exported.
    """

    field: str
    label: str
    rule: str
    message: str


class Invalid(ValueError):
    """A value breaks a rule of its type; `sentence` continues "The field …" and never quotes the value."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence

    def at(self, field: str = "", label: str = "") -> Fault:
        """The fault this is at a field; without a field it speaks of the value."""
        named = f"{field} ({label})" if label else field or "The value"
        return Fault(field, label, self.rule, f"{named} {self.sentence}.")
