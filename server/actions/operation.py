"""One operation of one caller: who asks, at what moment, what was disclosed, refused and explained.

The log entries are made from the very exposures the answer was read from, and written before it is sent.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from server.actions.platform import Platform
from server.actions.system_log import token_of
from server.audit.entry import Channel, Entry, KindAccess, Outcome, Tag, ordered_id
from server.errors import Refused
from server.model.view import Exposure
from server.model.viewer import Viewer
from server.rules import lifecycle
from server.rules.access import Relation
from server.rules.acting import Objection
from server.rules.decision import Decision, FieldState
from server.rules.regime import Regime
from server.rules.relation import Refusal, matter_stated
from server.store.record_pages import Judge

OWN = ("self", "agent")
GIVEN = frozenset({Relation.GOVERNMENT, Relation.CONSENTED})
"""Footings on which a unit is given records of others, and must learn when they may no longer be used."""

_NUMBER = re.compile(r"\d{15}")


def refused_by(objection: Objection) -> Refused:
    """The error for an objection to a deed as a whole."""
    return Refused(
        f"{objection.sentence.en}（{objection.sentence.zh}）.",
        extra={"rule": objection.code, "article": objection.article},
    )


@dataclass(slots=True)
class Operation:
    """The context every action gets. ``at`` is aware, in city time; ``name`` and ``digest`` describe the
    operation as the caller named it and the SHA-256 of its text."""

    platform: Platform
    viewer: Viewer
    at: datetime
    trace_id: str
    channel: Channel = Channel.WEB
    name: str = ""
    digest: str = ""
    exposures: list[Exposure] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    explained: dict[str, Decision] = field(default_factory=dict)
    regime: Regime = field(init=False)

    def __post_init__(self) -> None:
        self.regime = self.platform.regimes.current

    async def again(self) -> None:
        """Take the regime that is in force now; for deeds that begin anew after a conflict."""
        self.regime = await self.platform.regimes.look(self.at)

    @property
    def judge(self) -> Judge | None:
        """How stored clocks are judged while some may be stale; None while all are as the regime has them."""
        if self.regime.settled:
            return None
        regime, catalogue = self.regime, self.platform.catalogue

        def judged(record: Mapping[str, Any]) -> Mapping[str, Any]:
            return (
                {**record, **lifecycle.renewed(record, catalogue, regime)} if regime.stale(record) else record
            )

        return judged

    @property
    def today(self) -> date:
        """The calendar day in the city on which this operation is judged."""
        return self.at.date()

    def subject_token(self, subject: str) -> str:
        """The keyed token under which a subject stands in the log."""
        return token_of(self.platform, subject)

    def expose(self, exposure: Exposure) -> Exposure:
        """Open the book for what will be read of one subject on one ground."""
        self.exposures.append(exposure)
        return exposure

    def explain(self, coordinate: str, decision: Decision) -> None:
        """Note why ``coordinate`` is not shown in full; the strictest answer stays."""
        before = self.explained.get(coordinate)
        if decision.state is not FieldState.SHOWN and (before is None or before.state is FieldState.MASKED):
            self.explained[coordinate] = decision

    def refuse(
        self,
        refusal: Refusal,
        *,
        subject: str | None = None,
        purpose: str | None = None,
        matter: str | None = None,
    ) -> Refused:
        """Note a refusal for the log and give the error to raise."""
        self.notes.append(
            self.entry(
                Tag.ACCESS_REFUSE,
                outcome=Outcome.REFUSED,
                reason=refusal.code,
                subject=subject,
                purpose=purpose,
                matter=matter if matter is not None and matter_stated(matter) else None,
            )
        )
        return Refused(
            f"{refusal.sentence.en}（{refusal.sentence.zh}）.",
            extra={"rule": refusal.code, "article": refusal.article, "needs": refusal.needs},
        )

    def objected(self, objection: Objection) -> Refused:
        """Note for the log that a deed is refused to this role and give the error to raise."""
        self.notes.append(
            self.entry(Tag.ACCESS_REFUSE, outcome=Outcome.REFUSED, reason=objection.code, ground="duty")
        )
        return refused_by(objection)

    def entry(
        self,
        tag: Tag,
        *,
        outcome: Outcome = Outcome.ALLOWED,
        reason: str = "",
        subject: str | None = None,
        ground: str = "",
        purpose: str | None = None,
        matter: str | None = None,
        consent: str | None = None,
        hidden_until: date | None = None,
        kinds: tuple[KindAccess, ...] = (),
        rows: int = 0,
    ) -> Entry:
        """A log entry of this operation."""
        viewer = self.viewer
        return Entry(
            id=ordered_id(self.at, secrets.token_bytes(10)),
            at=self.at,
            tag=tag,
            outcome=outcome,
            channel=self.channel,
            viewer_class=viewer.role.value,
            trace_id=self.trace_id,
            actor_unit=viewer.unit,
            actor_client=viewer.client,
            actor_officer=viewer.officer,
            officer_salt=secrets.token_hex(16) if viewer.officer is not None else "",
            subject_token=self.subject_token(subject) if subject else None,
            purpose=purpose,
            matter=matter,
            ground=ground,
            consent=consent,
            operation=self.name if _NUMBER.search(self.name) is None else "",
            operation_hash=self.digest,
            kinds=kinds,
            row_count=rows,
            catalogue_version=self.platform.catalogue.version,
            rule_sets=self.platform.regimes.ids,
            reason=reason,
            hidden_until=hidden_until,
        )

    def entries(self) -> list[Entry]:
        """What must be in the log before the answer leaves: every disclosure, every refusal."""
        made = list(self.notes)
        for one in self.exposures:
            if not one.kinds and not one.counted and one.ground in OWN:
                continue  # nothing of the own file was read
            kinds = tuple(
                KindAccess(
                    name,
                    tuple(kind.shown),
                    tuple(kind.masked),
                    tuple(kind.withheld),
                    len(kind.rows | kind.told),
                )
                for name, kind in sorted(one.kinds.items())
            )
            made.append(
                self.entry(
                    Tag.RECORD_FIELDS_READ,
                    subject=one.subject,
                    ground=one.ground,
                    purpose=one.purpose,
                    matter=one.matter,
                    consent=one.consent,
                    hidden_until=date.fromisoformat(one.hidden_until) if one.hidden_until else None,
                    kinds=kinds,
                    rows=max(sum(kind.rows for kind in kinds), one.counted),
                )
            )
        return made

    async def settle(self) -> None:
        """Write the entries. Raises Unavailable when the log cannot be written: then nothing may be sent."""
        entries = self.entries()
        if entries:
            await self.platform.log.append(entries)
        given = self._given()
        if given and self.viewer.unit:
            await self.platform.deliveries.note(self.viewer.unit, given, self.at)

    def _given(self) -> dict[str, frozenset[str]]:
        """Record -> fields that are about to be given to a unit that is not the subject's own."""
        given: dict[str, frozenset[str]] = {}
        for one in self.exposures:
            if one.relation in GIVEN:
                for kind in one.kinds.values():
                    fields = frozenset(kind.shown | kind.masked)
                    given |= {record: given.get(record, frozenset()) | fields for record in kind.rows}
        return given
