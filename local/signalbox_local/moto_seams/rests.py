"""Seam of the Wait state: machines rest on the local clock."""

from __future__ import annotations

import threading

from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment

from signalbox_local.clock import Clock
from signalbox_local.moto_seams.attempts import woken_by
from signalbox_local.moto_seams.seams import Seams


def rests(seams: Seams, clock: Clock) -> None:
    """A jump of the clock ends the rests that it passes."""

    # moto rests in real time.
    def rest(self: WaitFunction, env: Environment, wait_seconds: float) -> None:
        woken = threading.Event()
        with woken_by(env, woken):
            clock.rest(wait_seconds, woken, lambda: not env.is_running())

    seams.replace(WaitFunction, "_wait_interval", rest)
