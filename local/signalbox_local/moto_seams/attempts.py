"""Seams of the attempts of a task: each has a token and a deadline of its own."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from signalbox_local.machines import TaskTokens
from signalbox_local.moto_seams.seams import SETTLING_SECONDS, Seams


def attempts(seams: Seams, tokens: TaskTokens) -> None:
    # moto waits for a task to its end even when the execution was stopped; all attempts share one token.
    def evaluate_with_timeout(self: ExecutionState, env: Environment) -> None:
        self.timeout.eval(env=env)
        seconds = env.stack.pop()
        token = _renew_token(env, tokens)
        attempt = _Attempt(self, env)
        with woken_by(env, attempt.woken):
            attempt.start()
            if env.is_running():
                attempt.woken.wait(seconds)
        if token and not attempt.ended and not tokens.close(token):
            # The outcome was accepted in the last moment: it counts.
            attempt.thread.join(SETTLING_SECONDS)
        if token:
            tokens.close(token)
        attempt.leave(env)
        if env.is_running():
            attempt.conclude(env)

    seams.replace(ExecutionState, "_evaluate_with_timeout", evaluate_with_timeout)
    # The token's wait ends with the attempt, never by itself: an outcome accepted in between would be lost.
    seams.replace(
        state_task_service_callback.StateTaskServiceCallback,
        "_wait_for_task_token_timeout",
        lambda self, timeout_seconds, callback_endpoint: callback_endpoint.wait(),
    )  # fmt: skip

    # moto sleeps through a stop before a retry.
    def pause(env: Environment, seconds: float) -> None:
        woken = threading.Event()
        with woken_by(env, woken):
            if env.is_running():
                woken.wait(seconds)

    def retry(self: RetrierDecl, env: Environment) -> None:
        self.error_equals.eval(env)
        if not env.stack.pop():
            env.stack.append(RetrierOutcome.Skipped)
            return
        self.max_attempts.eval(env)
        if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
            env.stack.append(RetrierOutcome.Failed)
            return
        for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
            part.eval(env)
        pause(env, env.stack.pop())
        env.stack.append(RetrierOutcome.Executed)

    seams.replace(RetrierDecl, "_eval_body", retry)


def _renew_token(env: Environment, tokens: TaskTokens) -> str | None:
    """A new token for each attempt of a task that waits for one, as on AWS."""
    if "Task" not in env.states.context_object.context_object_data:
        return None
    token = str(env.states.context_object.update_task_token())
    tokens.open(token, env.callback_pool_manager.add(token))
    return token


class _Attempt:
    """One try of a state that executes something, in a thread and a frame of its own (as moto does it)."""

    def __init__(self, state: ExecutionState, env: Environment) -> None:
        self.state = state
        self.woken = threading.Event()
        self.ended = False
        self.error: Exception | None = None
        self.outputs: list[Any] = []
        self.frame = env.open_frame()
        self.frame.states.reset(input_value=env.states.get_input())
        self.frame.stack = copy.deepcopy(env.stack)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def leave(self, env: Environment) -> None:
        """Ends the frame; what an abandoned task does later no longer reaches the history."""
        self.frame.set_ended()
        env.close_frame(self.frame)
        if not self.ended:
            self.frame.event_manager = EventManager()

    def conclude(self, env: Environment) -> None:
        """Takes over the result, or raises the task's error or its timeout."""
        if self.error:
            raise self.error
        if not self.ended:
            raise EvalTimeoutError
        env.stack.append(self.outputs.pop())
        if not self.state._is_language_query_jsonpath():
            env.states.set_result(env.stack[-1])
        for part in (self.state.assign_decl, self.state.result_selector):
            if part:
                part.eval(env=env)
        if self.state.result_path:
            self.state.result_path.eval(env)
        else:
            env.states.reset(input_value=env.stack.pop())

    def _run(self) -> None:
        try:
            self.state._eval_execution(self.frame)
            self.outputs.extend(self.frame.stack)
        except Exception as error:  # any failure of the task is the attempt's result
            self.error = error
        self.ended = True
        self.woken.set()


@contextmanager
def woken_by(env: Environment, event: threading.Event) -> Iterator[None]:
    wakers: set[threading.Event] = vars(env).setdefault("wakers", set())
    wakers.add(event)
    try:
        yield
    finally:
        wakers.discard(event)
