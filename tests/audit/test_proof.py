"""A proof holds for its own entry and for no other, with the public key alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from server.audit.chain import START, Link, leaf_hash
from server.audit.entry import Malformed, canonical
from server.audit.proof import (
    FIRST,
    Checkpoint,
    Proof,
    Range,
    Step,
    audit_path,
    check_proof,
    checkpoint_from_plain,
    root,
    sign_checkpoint,
    verify_checkpoints,
    verify_inclusion,
)
from server.audit.signing import SigningKey, public_from_pem, public_pem, verified
from tests.vectors.make_chains import KEY, NOON, a_chain, an_entry

KEYS = {KEY.id: KEY.public}

# The inputs and roots of the Certificate Transparency reference implementation.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_rfc_6962(size: int) -> None:
    assert root(leaf_hash(bytes.fromhex(data)) for data in INPUTS[:size]).hex() == ROOTS[size]


@given(size=st.integers(1, 70), data=st.data())
@settings(deadline=None)
def test_every_leaf_is_proved_and_no_other_leaf_at_any_other_place(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, top = audit_path(leaves, index), root(leaves)
    assert verify_inclusion(leaves[index], index, size, path, top)
    for other in range(size):
        if other != index:
            assert not verify_inclusion(leaves[other], index, size, path, top)
            assert not verify_inclusion(leaves[index], other, size, path, top)
    assert not verify_inclusion(leaves[index], index, size, (*path, top), top)
    assert not verify_inclusion(leaves[index], size, size, path, top)
    assert not verify_inclusion(leaves[index], -1, size, path, top)
    for cut in range(len(path)):
        assert not verify_inclusion(leaves[index], index, size, path[:cut], top)
        bent = [*path]
        bent[cut] = leaf_hash(bent[cut])
        assert not verify_inclusion(leaves[index], index, size, bent, top)


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    for index in (-1, 1):
        with pytest.raises(IndexError):
            audit_path([START], index)


A, B = "018f000000000000000000000000000a", "018f000000000000000000000000000b"
LINKS = {
    A: a_chain([an_entry(number) for number in range(7)], A),
    B: a_chain([an_entry(number) for number in range(10, 15)], B),
}


def a_range(chain: str, first: int, last: int) -> Range:
    return Range(chain, first, last, LINKS[chain][last].hash)


def leaves_of(ranges: list[Range]) -> list[bytes]:
    return [LINKS[part.chain][seq].hash for part in ranges for seq in range(part.first, part.last + 1)]


def a_series(*steps: list[Range]) -> list[Checkpoint]:
    made: list[Checkpoint] = []
    for number, ranges in enumerate(steps):
        previous = made[-1].hash() if made else FIRST
        made.append(sign_checkpoint(KEY, number, NOON, previous, ranges, root(leaves_of(ranges))))
    return made


STEPS = [[a_range(A, 0, 2)], [a_range(A, 3, 4), a_range(B, 0, 3)], [a_range(A, 5, 6), a_range(B, 4, 4)]]
SERIES = a_series(*STEPS)


def test_a_series_of_checkpoints_holds() -> None:
    assert verify_checkpoints(SERIES, KEYS) is None
    assert verify_checkpoints([], KEYS) is None


def _resigned(checkpoint: Checkpoint, key: SigningKey = KEY, **changes: Any) -> Checkpoint:
    new = replace(checkpoint, **changes)
    return sign_checkpoint(key, new.number, new.at, new.previous, new.ranges, new.root)


@pytest.mark.parametrize(
    ("series", "number"),
    [
        (SERIES[1:], 0),
        ([SERIES[0], SERIES[2]], 1),
        ([SERIES[0], SERIES[0]], 1),
        ([SERIES[0], replace(SERIES[1], root=START)], 1),
        ([SERIES[0], _resigned(SERIES[1], previous=FIRST)], 1),
        ([SERIES[0], _resigned(SERIES[1], SigningKey.from_seed(bytes(32)))], 1),
        (a_series(STEPS[0], [a_range(A, 4, 4)]), 1),
        (a_series(STEPS[0], [a_range(A, 2, 4)]), 1),
        (a_series(STEPS[0], [a_range(A, 3, 3), a_range(A, 3, 3)]), 1),
        (a_series([a_range(B, 1, 2)]), 0),
    ],
    ids=["start", "gap", "twice", "root", "chaining", "key", "hole", "overlap", "double", "begin"],
)
def test_the_first_fault_of_a_series_is_named(series: list[Checkpoint], number: int) -> None:
    fault = verify_checkpoints(series, KEYS)
    assert isinstance(fault, Step)
    assert fault.number == number


def test_a_checkpoint_goes_through_json_unchanged_and_in_one_form_only() -> None:
    data = json.loads(json.dumps(SERIES[1].plain()))
    assert checkpoint_from_plain(data) == SERIES[1]
    assert checkpoint_from_plain(data).signed(KEYS)
    wrong: list[dict[str, Any]] = [
        data | {"more": 1},
        data | {"number": 1.0},
        data | {"root": data["root"].upper() + " "},
        data | {"ranges": [data["ranges"][0] | {"first": 9}]},
        {},
    ]
    for bad in wrong:
        with pytest.raises(Malformed):
            checkpoint_from_plain(bad)


def a_proof(number: int, chain: str, seq: int) -> Proof:
    item: Link = LINKS[chain][seq]
    assert item.entry is not None
    index = SERIES[number].index_of(chain, seq)
    assert index is not None
    path = audit_path(leaves_of(STEPS[number]), index)
    return Proof(canonical(item.entry, chain, seq, item.previous), index, path, SERIES[number])


@pytest.mark.parametrize(("number", "chain", "seq"), [(0, A, 0), (0, A, 2), (1, A, 4), (1, B, 3), (2, B, 4)])
def test_a_proof_is_good_offline_with_the_public_key(number: int, chain: str, seq: int) -> None:
    text = json.dumps(a_proof(number, chain, seq).plain())
    verdict = check_proof(text, KEYS)
    assert verdict
    assert f"checkpoint {number}" in verdict.why
    assert "孔令仪" not in text.encode().decode("unicode_escape")


def _good() -> Any:
    return json.loads(json.dumps(a_proof(1, B, 2).plain()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.update(entry=p["entry"].replace("曲公资", "曲公")), "not in checkpoint"),
        (lambda p: p.update(entry=p["entry"].replace('"seq":2', '"seq":1')), "at this place"),
        (lambda p: p.update(entry=a_proof(1, B, 1).plain()["entry"]), "at this place"),
        (lambda p: p.update(index=p["index"] + 1), "at this place"),
        (lambda p: p.update(path=p["path"][:-1]), "not in checkpoint"),
        (lambda p: p.update(path=list(reversed(p["path"]))), "not in checkpoint"),
        (lambda p: p.update(checkpoint=SERIES[2].plain()), "at this place"),
        (lambda p: p["checkpoint"].update(root="00" * 32), "not signed"),
        (lambda p: p["checkpoint"].update(at="2027-01-01T00:00:00.000Z"), "not signed"),
        (lambda p: p.update(form="something else"), "not a proof"),
        (lambda p: p.pop("path"), "not a proof"),
        (lambda p: p.update(entry="[]"), "not a proof"),
        (lambda p: p.update(index=None), "at this place"),
        (lambda p: p.update(path=[1]), "not a proof"),
    ],
)
def test_a_changed_proof_is_refused_with_its_reason(change: Any, reason: str) -> None:
    proof = _good()
    assert check_proof(proof, KEYS)
    change(proof)
    verdict = check_proof(proof, KEYS)
    assert not verdict
    assert reason in verdict.why


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', b"\xff", "[" * 100_000])
def test_garbage_is_no_proof(text: str | bytes) -> None:
    assert not check_proof(text, KEYS)


def test_another_public_key_does_not_accept_the_proof() -> None:
    other = SigningKey.from_seed(bytes(32))
    assert not check_proof(_good(), {other.id: other.public})
    assert not check_proof(_good(), {KEY.id: other.public})


def test_keys_go_through_pem_and_other_keys_do_not() -> None:
    assert SigningKey.from_pem(KEY.pem()).public == KEY.public
    assert public_from_pem(public_pem(KEY.public)) == KEY.public
    for wrong in (b"", b"nonsense", public_pem(KEY.public)):
        with pytest.raises(ValueError, match="PEM"):
            SigningKey.from_pem(wrong)
    with pytest.raises(ValueError, match="PEM"):
        public_from_pem(KEY.pem())
    curve = generate_private_key(SECP256R1())
    with pytest.raises(ValueError, match="Ed25519"):
        SigningKey.from_pem(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="Ed25519"):
        public_from_pem(curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert not verified(KEYS, KEY.id, b"a", KEY.sign(b"b"))
    assert not verified(KEYS, "unknown", b"a", KEY.sign(b"a"))
    assert str(KEY).count("Ed25519") == 0
