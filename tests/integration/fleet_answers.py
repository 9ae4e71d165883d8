"""Answers of a service that moto would not give, behind the clients of fleets."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from signalbox.aws.places import client_in
from tests.integration.fleet_stages import HOME

_DONE = SimpleNamespace(status_code=200)
Answer = Mapping[str, Any] | Exception | Callable[[Any], Any]


@contextmanager
def answers(service: str, **operations: Answer) -> Iterator[list[str]]:
    """Operation → its answer, or an error, or what makes one of the request; those that were asked for."""
    asked: list[str] = []

    def answer(model: Any, params: Any, **given: object) -> Any:
        asked.append(model.name)
        found = operations[model.name]
        if isinstance(found, Exception):
            raise found
        return _DONE, found(params) if callable(found) else found

    clients: list[Any] = [client_in(HOME, service, once=once) for once in (False, True)]  # type: ignore[call-overload]
    for client in clients:
        client.meta.events.register_last("before-call", answer)
    yield asked
    for client in clients:
        client.meta.events.unregister("before-call", answer)
