"""Answers of a service that moto would not give, behind the clients of fleets."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from signalbox.aws.fleets.switches import switch_of
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Kind, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Switched, Target
from tests.integration.fleet_stages import HOME

NOTHING_TAGGED: dict[str, Any] = {"ResourceTagMappingList": []}
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


def one(kind: Kind, name: str) -> Resource:
    """What is found by its name."""
    (found,) = switch_of(kind).find(Select(resources=(name,), kinds=(kind,)), HOME)
    return found


def start(kind: Kind, name: str, size: tuple[int, ...] = ()) -> Switched:
    return switch_of(kind).switch(Action.START, [Target(id=name, size=size)], HOME)
