"""`/_signalbox/estate`: how a test or a rehearsal makes trouble."""

from collections.abc import Callable, Mapping
from typing import Any

from signalbox_local.control import Control
from signalbox_local.estate import NO_CAPACITY, Estate
from signalbox_local.estate.groups import EVERY_GROUP
from signalbox_local.world import Behaviour


def estate_control(estate: Estate) -> Control:
    """`POST` an object with any of the parts below; raises ValueError for anything else.

    `{"unhealthy_images": [ami…], "launch_failure": {"group"?, "message"?}, "behaviours": {ami: {…}},
    "room": {"instances": n} | null, "kill": [i-…]}`; as message, null ends it.
    """
    parts: dict[str, Callable[[Any], object]] = {
        "unhealthy_images": estate.set_unhealthy_images,
        "launch_failure": lambda given: _set_launch_failure(estate, given),
        "behaviours": lambda given: estate.set_behaviours(_behaviours(given)),
        "room": lambda given: estate.set_room(None if given is None else int(given["instances"])),
        "kill": estate.kill,
    }

    def tell(method: str, query: Mapping[str, str], body: Any) -> object:
        if method != "POST" or not isinstance(body, dict) or not body:
            raise ValueError(f"POST a JSON object with any of {', '.join(parts)}")
        if unknown := body.keys() - parts:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        for name, given in body.items():
            parts[name](given)
        return body

    return tell


def _set_launch_failure(estate: Estate, given: Mapping[str, Any] | None) -> None:
    if given:
        estate.set_launch_failure(given.get("group", EVERY_GROUP), given.get("message", NO_CAPACITY))


def _behaviours(given: Mapping[str, Any]) -> dict[str, Behaviour]:
    return {image: Behaviour.model_validate(each) for image, each in given.items()}
