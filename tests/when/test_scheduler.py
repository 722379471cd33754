"""What runs by itself: one leader by lease, others stand by and take over, and nothing is done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from server.actions import change_rules
from server.actions.scheduler import Scheduler
from server.clock import now
from server.errors import Unavailable
from server.settings import Settings
from server.store.leases import Lease
from server.store.mongo import Mongo
from tests.makers import COMPANY, a_record, years_ago
from tests.platforms import World, running
from tests.when.conftest import until

TERM = timedelta(seconds=30)


def scheduler(world: World, every: float = 60) -> Scheduler:
    return Scheduler(world.platform, every, lambda: world.clock[0])


async def test_one_server_leads_and_the_other_takes_over_when_it_lets_go(
    world: World, settings: Settings
) -> None:
    async with running(settings) as other:
        first, second = scheduler(world), scheduler(other)
        assert await first.turn() is True
        assert await second.turn() is False
        assert await first.turn() is True, "it keeps leading"
        await first.lease.release()
        assert await second.turn() is True
        assert await first.turn() is False


async def test_a_leader_that_died_is_followed_when_its_lease_has_run_out(mongo: Mongo) -> None:
    moment = now()
    clock = [moment]
    dead = Lease(mongo.db["leases"], "work", TERM, lambda: moment)
    heir = Lease(mongo.db["leases"], "work", TERM, lambda: clock[0])
    assert await dead.take()
    assert not await heir.take()
    clock[0] = moment + TERM - timedelta(seconds=1)
    assert not await heir.take()
    clock[0] = moment + TERM + timedelta(seconds=1)
    assert await heir.take()
    assert not await dead.take(), "who comes back late stands by"
    await dead.release()
    assert await heir.take(), "and cannot give away what is not its own"


async def test_only_one_of_many_takes_a_lease(mongo: Mongo) -> None:
    leases = [Lease(mongo.db["leases"], "work", TERM) for _ in range(8)]
    taken = await asyncio.gather(*(one.take() for one in leases))
    assert sum(taken) == 1


async def test_a_long_turn_keeps_its_lease(mongo: Mongo) -> None:
    short = timedelta(seconds=0.3)
    busy, other = (Lease(mongo.db["leases"], "work", short) for _ in range(2))
    assert await busy.take()
    async with busy.renewed():
        await asyncio.sleep(0.7)
        assert not await other.take()
    await asyncio.sleep(0.4)
    assert await other.take()


async def test_the_leader_sweeps_and_computes_again_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "server.actions.recompute.recompute.__kwdefaults__", {**_defaults(), "grace_seconds": 0}
    )
    then = years_ago(4)
    with world.back_then(then):
        [penalty] = await world.filed(a_record("administrative_penalty", COMPANY, day=then))
    at = world.clock[0]
    await change_rules.activate(world.platform, "ndrc-36", None, beyond_term=False, by="仲由", at=at)
    task = asyncio.create_task(scheduler(world, every=0.05).run())
    try:
        async with asyncio.timeout(10):
            while True:
                found = await world.platform.mongo.db["records"].find_one({"_id": penalty})
                assert found is not None
                if found["announced"] == "NOT_PUBLIC" and found["regime"] == 2:
                    break
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await world.platform.mongo.db["leases"].find_one({"_id": "scheduler"}) is None, "let go at the end"


def _defaults() -> dict[str, object]:
    from server.actions.recompute import recompute

    return dict(recompute.__kwdefaults__ or {})


async def test_a_failed_turn_is_not_the_last_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = 0

    async def failing(self: Scheduler) -> bool:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise Unavailable("The database cannot be reached at present; please try again.")
        if turns == 2:
            raise ValueError("driver text")
        return True

    monkeypatch.setattr(Scheduler, "turn", failing)
    task = asyncio.create_task(scheduler(world, every=0.01).run())
    await until(lambda: turns >= 4)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
