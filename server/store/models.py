"""Every Beanie model and the one place that makes their indexes."""

from __future__ import annotations

from beanie import Document, init_beanie

from server.store.audit import DOCUMENTS as AUDIT_MODELS
from server.store.calendar import CalendarYearDocument
from server.store.changes import ChangeDocument
from server.store.consents import ConsentDocument
from server.store.deliveries import DeliveryDocument
from server.store.duties import DutyDocument
from server.store.filings import FilingDocument
from server.store.mongo import Mongo, patiently, translating
from server.store.records import RecordDocument, RecordVersionDocument
from server.store.rule_sets import RegimeDocument, RuleSetDocument
from server.store.subjects import SubjectDocument
from server.store.units import UnitDocument

MODELS: tuple[type[Document], ...] = (
    SubjectDocument,
    RecordDocument,
    RecordVersionDocument,
    FilingDocument,
    UnitDocument,
    ConsentDocument,
    RuleSetDocument,
    RegimeDocument,
    CalendarYearDocument,
    ChangeDocument,
    DeliveryDocument,
    DutyDocument,
    *AUDIT_MODELS,
)

INDEX_SECONDS = 600.0


async def make_indexes(mongo: Mongo) -> None:
    """Make every index that is missing; safe to run again. Raises Unavailable."""
    with translating(), patiently(INDEX_SECONDS):
        await init_beanie(database=mongo.db, document_models=list(MODELS))
