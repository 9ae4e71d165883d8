"""`/_signalbox/estate`: how a test makes images unhealthy or launches fail."""

from collections.abc import Mapping
from typing import Any

from signalbox_local.control import Control
from signalbox_local.estate import NO_CAPACITY, Estate
from signalbox_local.estate.groups import EVERY_GROUP


def estate_control(estate: Estate) -> Control:
    """`POST {"unhealthy_images": [ami…]?, "launch_failure": {"group"?, "message"?}?}`; message null ends it.

    Raises ValueError for anything else.
    """

    def tell(method: str, query: Mapping[str, str], body: Any) -> object:
        if method != "POST" or not isinstance(body, dict) or not body:
            raise ValueError("POST a JSON object with unhealthy_images or launch_failure")
        if unknown := body.keys() - {"unhealthy_images", "launch_failure"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if "unhealthy_images" in body:
            estate.set_unhealthy_images(body["unhealthy_images"])
        if failure := body.get("launch_failure"):
            estate.set_launch_failure(failure.get("group", EVERY_GROUP), failure.get("message", NO_CAPACITY))
        return body

    return tell
