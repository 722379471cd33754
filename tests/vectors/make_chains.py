"""Writes the chain vectors: a good chain, and one file for each way of tampering with it.

    python -m tests.vectors.make_chains

Every file has the links as stored, the signed head, the public key, and `breaks_at`: the position
verification must name, or null. The key is for these files only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.audit.chain import START, Head, Link, link, sign_head
from server.audit.entry import Channel, Entry, KindAccess, Outcome, Tag, from_plain, instant, plain
from server.audit.signing import SigningKey

FOLDER = Path(__file__).parent / "chain"
KEY = SigningKey.from_seed(bytes(range(32)))
CHAIN = "018f0000000000000000000000000001"
NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


def an_entry(number: int = 0, **changes: Any) -> Entry:
    """An entry that a government unit's query leaves behind; `number` tells entries apart."""
    given: dict[str, Any] = {
        "id": f"entry-{number:06d}",
        "at": NOON + timedelta(seconds=number),
        "tag": Tag.RECORD_FIELDS_READ,
        "outcome": Outcome.ALLOWED,
        "channel": Channel.MACHINE,
        "viewer_class": "government",
        "trace_id": f"trace-{number}",
        "actor_unit": "11370881MB00000001",
        "actor_client": "housing-desk",
        "actor_officer": "孔令仪",
        "officer_salt": f"{number:032x}",
        "subject_token": f"subject-token-{number % 3}",
        "purpose": "public_resources",
        "matter": "曲公资〔2026〕7号",
        "ground": "share",
        "operation": "SubjectFile",
        "kinds": (KindAccess("administrative_penalty", ("fineAmount", "decidedOn"), ("idNumber",), (), 2),),
        "row_count": 2,
        "catalogue_version": 1,
        "rule_sets": ("qufu-2023-8",),
    }
    return Entry(**(given | changes))


def a_chain(entries: list[Entry], chain: str = CHAIN) -> list[Link]:
    """These entries, linked."""
    made: list[Link] = []
    for seq, entry in enumerate(entries):
        made.append(link(entry, chain, seq, made[-1].hash if made else START))
    return made


def head_of(links: list[Link], key: SigningKey = KEY) -> Head:
    """The signed head of a chain."""
    return sign_head(key, links[-1].chain, links[-1].seq, links[-1].hash, NOON)


def relinked(links: list[Link]) -> list[Link]:
    """The same entries, each linked anew at the place where it stands: what a forger with the code can do."""
    return a_chain([item.entry for item in links if item.entry is not None], links[0].chain)


def edited(links: list[Link]) -> list[Link]:
    """The matter of entry 3 is another."""
    assert links[3].entry is not None
    return [*links[:3], replace(links[3], entry=replace(links[3].entry, matter="none")), *links[4:]]


def swapped(links: list[Link]) -> list[Link]:
    """Entries 2 and 3 have changed places, keeping the positions in order."""
    third, second = replace(links[3], seq=2), replace(links[2], seq=3)
    return [*links[:2], third, second, *links[4:]]


def rehashed(links: list[Link]) -> list[Link]:
    """Entry 3 is another and has the hash that fits: the next one is no longer linked to it."""
    assert links[3].entry is not None
    changed = link(replace(links[3].entry, outcome=Outcome.REFUSED), CHAIN, 3, links[3].previous)
    return [*links[:3], changed, *links[4:]]


def rewritten(links: list[Link]) -> list[Link]:
    """Entry 3 is another, and everything after it is linked again: only the signed head tells."""
    return relinked(edited(links))


def renamed(links: list[Link]) -> list[Link]:
    """The officer of entry 4 is another."""
    assert links[4].entry is not None
    return [*links[:4], replace(links[4], entry=replace(links[4].entry, actor_officer="颜回")), *links[5:]]


def inserted(links: list[Link]) -> list[Link]:
    """A made-up entry stands at position 4, a second time."""
    return [*links[:5], link(an_entry(99), CHAIN, 4, links[3].hash), *links[5:]]


def squeezed_in(links: list[Link]) -> list[Link]:
    """A made-up entry stands at position 4 and all later ones have moved on by one."""
    made_up = link(an_entry(99), CHAIN, 4, links[3].hash)
    return [*links[:4], made_up, *(replace(item, seq=item.seq + 1) for item in links[4:])]


VECTORS: dict[str, tuple[str, int | None, Callable[[list[Link]], list[Link]]]] = {
    "good": ("nothing was done to it", None, lambda links: links),
    "edited": ("an entry's matter was changed", 3, edited),
    "officer-changed": ("an entry's officer was changed", 4, renamed),
    "rehashed": ("an entry was changed and its hash made to fit", 4, rehashed),
    "relinked": ("an entry was changed and all later ones linked again", 7, rewritten),
    "removed": ("an entry was removed", 3, lambda links: links[:3] + links[4:]),
    "removed-relinked": ("an entry was removed and the gap closed", 7, lambda x: relinked(x[:3] + x[4:])),
    "first-removed": ("the first entry was removed", 0, lambda links: links[1:]),
    "swapped": ("two entries changed places", 2, swapped),
    "reordered": ("two entries are stored the other way round", 2, lambda x: [*x[:2], x[3], x[2], *x[4:]]),
    "inserted": ("a second entry claims a position", 4, inserted),
    "squeezed-in": ("an entry was inserted and the rest moved on", 5, squeezed_in),
    "appended": (
        "an entry was added at the end",
        8,
        lambda x: [*x, link(an_entry(99), CHAIN, 8, x[-1].hash)],
    ),
    "truncated": ("the last two entries were cut off", 6, lambda links: links[:6]),
    "emptied": ("all entries were removed", 0, lambda links: []),
}


def as_plain(item: Link) -> dict[str, Any]:
    """A link as it stands in a vector file."""
    assert item.entry is not None
    data = {"chain": item.chain, "seq": item.seq, "previous": item.previous.hex(), "hash": item.hash.hex()}
    return data | {"entry": plain(item.entry)}


def from_vector(data: dict[str, Any]) -> Link:
    """The link in a vector file."""
    hashes = bytes.fromhex(data["previous"]), bytes.fromhex(data["hash"])
    return Link(data["chain"], data["seq"], *hashes, from_plain(data["entry"]))


def texts() -> dict[str, str]:
    """File name -> content."""
    links = a_chain([an_entry(number) for number in range(8)])
    head = head_of(links)
    signed = {
        "seq": head.seq,
        "hash": head.hash.hex(),
        "at": instant(head.at),
        "key": head.key,
        "signature": head.signature.hex(),
    }
    made: dict[str, str] = {}
    for name, (about, breaks_at, tamper) in VECTORS.items():
        data = {
            "about": about,
            "breaks_at": breaks_at,
            "chain": CHAIN,
            "public_key": KEY.public.hex(),
            "head": signed,
            "links": [as_plain(item) for item in tamper(links)],
        }
        made[f"{name}.json"] = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in texts().items():
        (FOLDER / file).write_text(text, "utf-8")
