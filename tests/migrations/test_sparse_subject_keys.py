"""A database of the first days gets the indexes of today and keeps its subjects."""

from __future__ import annotations

from server.store.migrate import migrate
from server.store.models import make_indexes
from server.store.mongo import Mongo, patiently


async def test_partial_keys_become_sparse_and_nothing_is_lost(mongo: Mongo) -> None:
    subjects = mongo.db["subjects"]
    with patiently(30):
        await subjects.create_index(
            "code", name="code", unique=True, partialFilterExpression={"code": {"$type": "string"}}
        )
        await subjects.insert_one({"_id": "sub_1", "code": "91370881MA3C000111"})
    assert "20261123180000_sparse_subject_keys" in await migrate(mongo)
    await make_indexes(mongo)
    index = (await subjects.index_information())["code"]
    assert index["unique"] is True
    assert index["sparse"] is True
    assert "partialFilterExpression" not in index
    assert await subjects.count_documents({"code": "91370881MA3C000111"}) == 1


async def test_a_new_database_needs_nothing(mongo: Mongo) -> None:
    await migrate(mongo)
    await make_indexes(mongo)
    assert (await mongo.db["subjects"].index_information())["code"]["sparse"] is True
    assert await migrate(mongo) == ()
