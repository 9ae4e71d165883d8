"""Every AWS call of a function passes here: it is numbered, takes time, may meet a fault, and is observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import HTTPClientError
from greenlet import getcurrent
from moto.core.botocore_stubber import BotocoreStubber

from signalbox_local.moto_seams import Seams
from tests.simulation.fibers import hub

if TYPE_CHECKING:
    from tests.simulation.functions import Running

LATENCY = 0.01  # seconds that a request takes on its way there, and its answer on the way back
READING = ("Describe", "Get", "List", "Query", "BatchGet", "Receive", "Scan")
Send = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function to AWS; all of its attempts have the same number, counted from 1."""

    number: int
    running: Running
    service: str
    operation: str
    request: Any

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return not self.operation.startswith(READING)

    def __str__(self) -> str:
        return f"{self.number} {self.running.function} {self.service}:{self.operation}"


class Calls:
    """The tap. `meet` may answer instead of AWS, `aws` is how AWS itself answers, `seen` is told after every
    write that it has made."""

    def __init__(self) -> None:
        self.made: list[Call] = []
        self.meet: Callable[[Call, Send], Any] = lambda call, send: send()
        self.aws: Callable[[Call, Send], Any] = lambda call, send: send()
        self.seen: Callable[[Call], None] = lambda call: None
        self._by_invocation: dict[str, Call] = {}

    def tap(self, seams: Seams) -> None:
        """moto answers inside of botocore: around that is where the network would be."""

        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:
                send = partial(original, stubber, event_name, request, **given)
                running = getattr(getcurrent(), "works_for", None)
                if running is None:
                    return send()
                with hub.every_error_but(HTTPClientError):
                    return self._travel(running, event_name, request, send)

            return answer

        seams.wrap(BotocoreStubber, "__call__", around)

    def forget(self) -> None:
        """Begin to count anew."""
        self.made.clear()

    def _travel(self, running: Running, event_name: str, request: Any, send: Send) -> Any:
        call = self._known(running, event_name, request)
        hub.sleep(LATENCY)
        answer = self.meet(call, partial(self._take_effect, call, send))
        hub.sleep(LATENCY)
        return answer

    def _known(self, running: Running, event_name: str, request: Any) -> Call:
        invocation = str(request.headers["amz-sdk-invocation-id"])
        if invocation not in self._by_invocation:
            _, service, operation = event_name.split(".")
            call = Call(len(self.made) + 1, running, service, operation, request)
            self.made.append(call)
            self._by_invocation[invocation] = call
        return self._by_invocation[invocation]

    def _take_effect(self, call: Call, send: Send) -> Any:
        answer = self.aws(call, send)
        if call.writes:
            self.seen(call)
        return answer
