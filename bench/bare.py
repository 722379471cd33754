"""The yardstick: an ASGI handler that does the same reads (and log writes) and nothing else. A process of its own
(`python -m bench.bare CONFIG`), which ends when its standard input closes.

No GraphQL, no access decision, no masks, no views: the filters and projections are those the platform was seen to
send, the answer is what was found, padded to the platform's size.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bson
import orjson
from pymongo import AsyncMongoClient

from bench.commands import READS, Command
from bench.process import App, Receive, Scope, Send, serve

_INTERNAL = frozenset({"state", "pub_from", "pub_to", "disc_to", "keep_to", "order", "subject_kind"})


def deed(commands: list[Command], size: int) -> dict[str, Any]:
    """What the handler is to do for one path: the reads seen, the log write if there was one, the answer's size."""
    reads = []
    for one in commands:
        if one.name == "find":
            reads.append(
                {
                    "collection": one.collection,
                    "filter": one.content["filter"],
                    "projection": one.content.get("projection"),
                }
            )
        elif one.name == "aggregate":
            reads.append({"collection": one.collection, "pipeline": one.content["pipeline"]})
    written = [one for one in commands if one.name in ("insert", "update")]
    unknown = {one.name for one in commands} - {
        *READS,
        "insert",
        "update",
        "commitTransaction",
        "endSessions",
    }
    if unknown:
        raise RuntimeError(f"the bare handler does not know {sorted(unknown)}")
    entry = next((one.content["documents"][0] for one in written if one.name == "insert"), None)
    head = next((one.content["updates"][0]["u"] for one in written if one.name == "update"), None)
    return {"reads": reads, "entry": entry, "head": head, "size": size}


def bare(url: str, database: str, deeds: Mapping[str, Mapping[str, Any]]) -> App:
    """The handler for these deeds by path. The log goes to a database of its own, `<database>_bare`."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        url, w="majority", journal=True, tz_aware=True
    )
    found_in, logged_in = client[database], client[f"{database}_bare"]
    chain, place = f"bare-{os.getpid()}", 0

    async def read(one: Mapping[str, Any]) -> list[Any]:
        collection = found_in[one["collection"]]
        if "pipeline" in one:
            cursor = await collection.aggregate(one["pipeline"])
            return await cursor.to_list(None)
        return [await collection.find_one(one["filter"], one["projection"])]

    async def log(deed: Mapping[str, Any]) -> None:
        nonlocal place
        entry = deed["entry"] | {"_id": f"{chain}-{place:09}", "chain": chain, "seq": place}
        place += 1
        async with client.start_session() as session, await session.start_transaction():
            await logged_in["audit_entries"].insert_many([entry], session=session)
            await logged_in["audit_heads"].replace_one(
                {"_id": chain}, deed["head"] | {"_id": chain}, upsert=True, session=session
            )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        orjson.loads(body)
        deed = deeds[scope["path"]]
        found: list[Any] = []
        for one in deed["reads"]:
            found.extend(await read(one))
        if deed["entry"] is not None:
            await log(deed)
        data = [{name: value for name, value in one.items() if name not in _INTERNAL} for one in found if one]
        made = orjson.dumps({"data": data}, default=str)
        made = made[: deed["size"]].ljust(deed["size"])
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(made)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": made})

    return app


if __name__ == "__main__":
    config = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    serve(bare(config["url"], config["database"], bson.decode(Path(config["deeds"]).read_bytes())), "off")
