"""One client for one database: durable writes, bounded waits, and connection trouble as one error.

Every operation through this client is bounded in time: the driver sends what is left of the limit as
`maxTimeMS` with each command, so a slow query is stopped on the server too. Writes are acknowledged by
the majority and journalled, which is what survives a killed server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, Self, TypeAlias, TypeVar

import pymongo
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from server.errors import ConfigError, Conflict, Unavailable

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = AsyncMongoClient[Document]
Database: TypeAlias = AsyncDatabase[Document]
Session: TypeAlias = AsyncClientSession

T = TypeVar("T")

SELECTION_MS = 2_000
"""How long an operation waits for a server to appear before it is refused."""

TRANSACTION_SECONDS = 15.0
"""Bound of one transaction with all its retries."""

DURABLE = WriteConcern(w="majority", j=True)

_GOING_AWAY = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
"""Server codes: shutting down, stepping down, not the primary."""

DUPLICATE_KEY = 11000

_NOT_ADMITTED = frozenset({13, 18})
"""Server codes: not authorised, authentication failed."""


def unavailable(error: BaseException) -> Unavailable | None:
    """The refusal that stands for this driver error, or None when it is not about reaching the database."""
    if isinstance(error, ServerSelectionTimeoutError):
        return Unavailable("The database cannot be reached at present; please try again.")
    if isinstance(error, PyMongoError) and error.timeout:
        return Unavailable("The database did not answer in time; please try again.")
    if isinstance(error, ConnectionFailure):
        return Unavailable("The database cannot be reached at present; please try again.")
    if isinstance(error, OperationFailure) and error.code in _GOING_AWAY:
        return Unavailable("The database is changing over; please try again.")
    return None


@contextmanager
def translating() -> Iterator[None]:
    """Raise `Unavailable` in place of the driver's connection errors and timeouts; others pass unchanged."""
    try:
        yield
    except PyMongoError as error:
        refusal = unavailable(error)
        if refusal is None:
            raise
        raise refusal from error


@contextmanager
def first_come() -> Iterator[None]:
    """Raise `Conflict` in place of the driver's error when a unique key was taken meanwhile."""
    try:
        yield
    except DuplicateKeyError:
        raise _taken() from None
    except BulkWriteError as error:
        if all(one.get("code") == DUPLICATE_KEY for one in error.details.get("writeErrors", ())):
            raise _taken() from None
        raise


def _taken() -> Conflict:
    return Conflict("Somebody filed the same meanwhile; repeat the filing.")


def patiently(seconds: float) -> AbstractContextManager[object]:
    """Within this block operations may take so many seconds together (index builds, imports, migrations)."""
    return pymongo.timeout(seconds)


class Mongo:
    """Owns the client. Bound to the event loop it was connected on."""

    def __init__(self, client: Client, database: str) -> None:
        self.client = client
        self.db: Database = client.get_database(database)

    @classmethod
    async def connect(
        cls, url: str, database: str, *, listeners: Sequence[Any] = (), query_timeout_ms: int = 3_000
    ) -> Self:
        """Connect and ask for an answer.

        `listeners` are pymongo event listeners. Raises ConfigError for an unusable URL or refused
        credentials, Unavailable when nothing answers; neither repeats the URL.
        """
        try:
            client: Client = AsyncMongoClient(
                url,
                event_listeners=list(listeners),
                appname="qufu-credit",
                w="majority",
                journal=True,
                retryWrites=True,
                retryReads=True,
                timeoutMS=query_timeout_ms,
                serverSelectionTimeoutMS=SELECTION_MS,
                connectTimeoutMS=SELECTION_MS,
                heartbeatFrequencyMS=5_000,
                tz_aware=True,
            )
        except (ConfigurationError, InvalidURI, ValueError):
            raise ConfigError("CREDIT_MONGO_URL is not a usable MongoDB address.") from None
        mongo = cls(client, database)
        try:
            await mongo.ping()
        except OperationFailure as error:
            await client.close()
            if error.code in _NOT_ADMITTED:
                raise ConfigError("The database refuses the credentials in CREDIT_MONGO_URL.") from None
            raise
        except BaseException:
            await client.close()
            raise
        return mongo

    async def ping(self) -> None:
        """Return when the database answers; raise Unavailable when it does not."""
        with translating():
            try:
                await self.client.admin.command("ping")
            except ServerSelectionTimeoutError:
                raise
            except AutoReconnect:
                # The driver repeats reads but not commands: a connection from before a restart fails once.
                await self.client.admin.command("ping")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction: pass the session to every operation inside.

        Commits when the block ends, aborts when it raises. A conflict with another writer surfaces as the
        driver's error; `transact` reruns it.
        """
        with translating():
            async with (
                self.client.start_session() as session,
                await session.start_transaction(ReadConcern("snapshot"), DURABLE),
            ):
                yield session

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction and run it again when another writer got in between.

        `work` must be safe to repeat: nothing but database operations with the given session. Raises
        Unavailable when the database is gone or the retries took too long.
        """

        async def attempt(session: Session) -> T:
            return await work(session)

        with translating(), patiently(TRANSACTION_SECONDS):
            async with self.client.start_session() as session:
                return await session.with_transaction(attempt, ReadConcern("snapshot"), DURABLE)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.close()
