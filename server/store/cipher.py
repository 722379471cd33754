"""Client-side field level encryption of ID numbers: deterministic, so that one can be looked up, never read.

MongoDB's explicit encryption (AEAD_AES_256_CBC_HMAC_SHA_512-Deterministic) with one data key, wrapped by the
keyring's master key. Plain ID numbers never reach the database.
"""

from __future__ import annotations

from typing import Any, Self, TypeAlias

from bson.binary import Binary
from bson.codec_options import CodecOptions
from pymongo.asynchronous.encryption import AsyncClientEncryption
from pymongo.errors import DuplicateKeyError, EncryptionError

from server.errors import ConfigError
from server.store.mongo import Mongo, translating

Ciphertext: TypeAlias = Binary
"""An encrypted value: BSON binary of subtype 6."""

_DETERMINISTIC = "AEAD_AES_256_CBC_HMAC_SHA_512-Deterministic"
_KEY_NAME = "citizen-id"
_COLLECTION = "encryption_keys"


class Cipher:
    """Encrypts and decrypts single values; one per process and database."""

    def __init__(self, mongo: Mongo, master: bytes) -> None:
        self._mongo = mongo
        self._encryption: AsyncClientEncryption[dict[str, Any]] = AsyncClientEncryption(
            {"local": {"key": master}},
            f"{mongo.db.name}.{_COLLECTION}",
            mongo.client,
            CodecOptions(tz_aware=True),
        )
        self._key: Binary | None = None

    @classmethod
    async def open(cls, mongo: Mongo, master: bytes) -> Self:
        """A cipher with its data key, made on first use. Raises ConfigError when the keyring does not fit."""
        made = cls(mongo, master)
        with translating():
            keys = mongo.db[_COLLECTION]
            await keys.create_index("keyAltNames", unique=True, sparse=True)
            found = await keys.find_one({"keyAltNames": _KEY_NAME}, {"_id": 1})
            if found is None:
                try:
                    made._key = await made._encryption.create_data_key("local", key_alt_names=[_KEY_NAME])
                except (DuplicateKeyError, EncryptionError):
                    found = await keys.find_one({"keyAltNames": _KEY_NAME}, {"_id": 1})
            if found is not None:
                made._key = (
                    Binary.from_uuid(found["_id"]) if not isinstance(found["_id"], Binary) else found["_id"]
                )
        try:
            await made.encrypt("probe")
        except EncryptionError:
            raise ConfigError(
                "The keyring does not fit this database: its ID numbers cannot be read."
            ) from None
        return made

    async def encrypt(self, value: str) -> Ciphertext:
        """The ciphertext of ``value``; the same value always gives the same ciphertext."""
        with translating():
            return await self._encryption.encrypt(value, _DETERMINISTIC, key_id=self._key)

    async def decrypt(self, value: Ciphertext) -> str:
        """The plain text of a ciphertext made by ``encrypt``."""
        with translating():
            return str(await self._encryption.decrypt(value))

    async def close(self) -> None:
        """Release the native resources."""
        await self._encryption.close()
