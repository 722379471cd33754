"""Loops that run until they are cancelled."""

from __future__ import annotations

import asyncio


def go_on() -> None:
    """Raise CancelledError in a task that was cancelled; to be called in every round of a loop.

    The driver may turn a cancellation into an error of its own, or pass over it: whoever catches errors and goes on
    would then go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
