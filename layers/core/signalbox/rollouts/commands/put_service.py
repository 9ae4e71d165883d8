"""Register a service, or replace its registration. Reads AWS, changes nothing there."""

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Unprocessable, Violation
from signalbox.rollouts.commands.caller import Caller
from signalbox.rollouts.draft import draft
from signalbox.rollouts.ports import Ports, Registered
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.validation import violations


def put_service(spec: ServiceSpec, caller: Caller, ports: Ports) -> tuple[Registered, bool]:
    """(the registration, whether it is new). Raises Invalid and Unprocessable."""
    wrong = violations(spec)
    if wrong:
        raise Invalid(*wrong)
    warned = draft(spec, ports.estates.survey(spec, None), None).warnings
    refuse_if_strict(spec, warned)
    now = rfc3339(ports.clock())
    before = _before(spec.name, ports)
    service = Registered(
        spec=spec,
        created_at=before.created_at if before else now,
        updated_at=now,
        updated_by=caller.arn,
        warnings=warned,
        sequence=before.sequence if before else None,
    )
    return service, ports.services.put(service)


def refuse_if_strict(spec: ServiceSpec, warned: tuple[str, ...]) -> None:
    """With `guards.strict` a warning is a refusal."""
    if spec.guards.strict and warned:
        raise Unprocessable(*(Violation("guards.strict", text) for text in warned))


def _before(name: str, ports: Ports) -> Registered | None:
    try:
        return ports.services.get(name)
    except NotFound:
        return None
