"""Virtual time, fibers and seeded chance in the place of the real ones, in moto and in the local runtime.

The product itself is given its clock and its entropy where it asks for them, at its composition root.
"""

import datetime as real_datetime
import os
import random
import sys
import threading
import time
import uuid
from types import ModuleType, SimpleNamespace
from typing import Any

from moto.moto_api._internal import mock_random

from signalbox_local.moto_seams import Seams
from tests.simulation import fibers
from tests.simulation.fibers import hub

PACKAGES = ("moto.", "signalbox_local.", "jsonata.", "botocore.endpoint", "botocore.retries.")


class _OfTheRealKind(type):
    """What was made before the clock was replaced is a moment like any other."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, real_datetime.datetime)


class VirtualDatetime(real_datetime.datetime, metaclass=_OfTheRealKind):
    """datetime.datetime on the hub's clock."""

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
        return real_datetime.datetime.fromtimestamp(hub.now, tz or real_datetime.UTC).replace(tzinfo=tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now()


def present() -> real_datetime.datetime:
    """The virtual present, in UTC."""
    return real_datetime.datetime.fromtimestamp(hub.now, real_datetime.UTC)


def _like(real: ModuleType, **replaced: object) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(real), **replaced})


def _substitutes() -> dict[int, object]:
    def elapsed() -> float:
        return hub.now

    def sleep(seconds: float) -> None:
        hub.sleep(seconds)

    kinds = {
        threading.Thread: fibers.Thread,
        threading.Event: fibers.Event,
        threading.Lock: fibers.RLock,
        threading.RLock: fibers.RLock,
        threading.Condition: fibers.Condition,
        time.sleep: sleep,
        time.time: elapsed,
        time.monotonic: elapsed,
        time.time_ns: lambda: int(hub.now * 1_000_000_000),
        real_datetime.datetime: VirtualDatetime,
    }
    names = {
        "Thread",
        "Event",
        "Lock",
        "RLock",
        "Condition",
        "sleep",
        "time",
        "monotonic",
        "time_ns",
        "datetime",
    }
    by_id = {id(real): substitute for real, substitute in kinds.items()}
    for module in (threading, time, real_datetime):
        known = {n: by_id[id(vars(module)[n])] for n in names if id(vars(module).get(n)) in by_id}
        by_id[id(module)] = _like(module, **known)
    return by_id


def substitute(seams: Seams) -> None:
    """In every module of `PACKAGES` that is loaded by now."""
    by_id = _substitutes()
    for name, module in list(sys.modules.items()):
        if not name.startswith(PACKAGES):
            continue
        for attribute, value in list(vars(module).items()):
            if id(value) in by_id:
                seams.replace(module, attribute, by_id[id(value)])


def seed(seams: Seams, number: int) -> None:
    """Every identifier and every jitter from one seed."""
    chance = random.Random(number)
    random.seed(number)
    mock_random.seed(number)
    seams.replace(os, "urandom", chance.randbytes)
    seams.replace(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
    kept: dict[str, Any] = {}  # a forked Python seeds itself anew
    os.register_at_fork(
        before=lambda: kept.update(state=random.getstate()),
        after_in_child=lambda: random.setstate(kept["state"]),
    )
