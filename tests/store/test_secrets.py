"""The keyring is made once, stays whole, and is never guessed around; ID numbers leave as ciphertext only."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.errors import ConfigError
from server.store import keyring
from server.store.cipher import Cipher
from server.store.mongo import Mongo

NUMBER = "370881197003070010"


def test_the_keyring_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    assert keyring.create(tmp_path) is True
    first = keyring.load(tmp_path, may_create=False)
    assert keyring.create(tmp_path) is False
    assert keyring.load(tmp_path, may_create=True) == first
    assert stat.S_IMODE(keyring.path_in(tmp_path).stat().st_mode) == 0o600


def test_workers_that_start_together_agree_on_one_keyring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keyring.load(tmp_path, may_create=True), range(24)))
    assert len({one.master for one in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_production_never_makes_a_keyring_by_itself(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keys create"):
        keyring.load(tmp_path, may_create=False)


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"master": "AAAA"}', "not json"])
def test_a_damaged_keyring_is_one_clear_sentence(tmp_path: Path, damage: str) -> None:
    keyring.path_in(tmp_path).write_text(damage)
    with pytest.raises(ConfigError, match="cannot be read"):
        keyring.load(tmp_path, may_create=True)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    keyring.create(tmp_path)
    raw = json.loads(keyring.path_in(tmp_path).read_text())
    raw["cursor"] = raw["digest"]
    keyring.path_in(tmp_path).write_text(json.dumps(raw))
    with pytest.raises(ConfigError, match="damaged"):
        keyring.load(tmp_path, may_create=False)


def test_a_keyring_does_not_show_itself(tmp_path: Path) -> None:
    made = keyring.load(tmp_path, may_create=True)
    assert str(made.subject) not in repr(made)


async def test_the_same_number_gives_the_same_ciphertext_and_comes_back(mongo: Mongo, tmp_path: Path) -> None:
    master = keyring.load(tmp_path, may_create=True).master
    cipher = await Cipher.open(mongo, master)
    again = await Cipher.open(mongo, master)
    sealed = await cipher.encrypt(NUMBER)
    assert NUMBER.encode() not in bytes(sealed)
    assert sealed == await again.encrypt(NUMBER)
    assert sealed != await cipher.encrypt("370881197003070029")
    assert await again.decrypt(sealed) == NUMBER
    await cipher.close()
    await again.close()


async def test_another_keyring_does_not_open_the_database(mongo: Mongo, tmp_path: Path) -> None:
    first = await Cipher.open(mongo, keyring.load(tmp_path / "a", may_create=True).master)
    await first.close()
    with pytest.raises(ConfigError, match="does not fit"):
        await Cipher.open(mongo, keyring.load(tmp_path / "b", may_create=True).master)
