"""Everything an action needs, made once per process and passed to it: stores, rules, keys and the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from server import clock
from server.actions.audit_keys import audit_key
from server.actions.audit_log import AuditLog
from server.actions.cursors import Cursors
from server.actions.pulse import Pulse
from server.actions.regimes import Regimes
from server.catalogue import load as catalogue_files
from server.catalogue.kind import Catalogue
from server.rules.planner import Planner
from server.settings import Settings
from server.store import keyring
from server.store.changes import Changes
from server.store.cipher import Cipher
from server.store.consents import Consents
from server.store.deliveries import Deliveries
from server.store.duties import Duties
from server.store.filings import Filings
from server.store.keyring import Keyring
from server.store.mongo import Mongo
from server.store.records import Records
from server.store.subjects import Subjects
from server.store.units import Units


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts one worker works with. Each request runs against the one catalogue held here (Art. 22)."""

    settings: Settings
    mongo: Mongo
    keys: Keyring
    cipher: Cipher
    cursors: Cursors
    catalogue: Catalogue
    planner: Planner
    regimes: Regimes
    log: AuditLog
    subjects: Subjects
    records: Records
    filings: Filings
    units: Units
    consents: Consents
    changes: Changes
    pulse: Pulse
    deliveries: Deliveries
    duties: Duties

    @classmethod
    async def open(cls, settings: Settings, mongo: Mongo) -> Self:
        """Load keys, catalogue and rule sets and open the log. Raises ConfigError for what is wrong or missing."""
        may_create = settings.profile == "development"
        keys = keyring.load(settings.keys_dir, may_create=may_create)
        catalogue = catalogue_files.load()
        regimes = Regimes(mongo, catalogue)
        await regimes.open(clock.now())
        changes = Changes(mongo)
        return cls(
            settings=settings,
            mongo=mongo,
            keys=keys,
            cipher=await Cipher.open(mongo, keys.master),
            cursors=Cursors(keys.cursor),
            catalogue=catalogue,
            planner=Planner(catalogue),
            regimes=regimes,
            log=AuditLog(
                mongo, audit_key(settings.keys_dir, may_create=may_create), settings.data_dir / "audit"
            ),
            subjects=Subjects(mongo),
            records=Records(mongo),
            filings=Filings(mongo),
            units=Units(mongo),
            consents=Consents(mongo),
            changes=changes,
            pulse=Pulse(changes),
            deliveries=Deliveries(mongo),
            duties=Duties(mongo),
        )

    async def close(self) -> None:
        """Write what waits for the log and release what the platform holds; the database stays its owner's."""
        await self.pulse.close()
        await self.log.close()
        await self.cipher.close()
