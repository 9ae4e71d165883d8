"""Sessions of botocore that share what is known of the services, and read moments themselves."""

from datetime import datetime
from functools import cache

import botocore.session
from botocore.loaders import Loader, create_loader
from botocore.utils import parse_timestamp

_T = 10  # where RFC 3339 has it


def new_session() -> botocore.session.Session:
    """To read where each service is takes a tenth of a second: it is done once, not once for each session."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _loader())
    made.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
    return made


@cache
def _loader() -> Loader:
    return create_loader()


def moment(told: str | float) -> datetime:
    """What an answer of AWS says of a time: mostly RFC 3339, which Python reads by itself; else in one of the
    forms that botocore knows. Its own parser took a third of what a page of instances costs to read."""
    if isinstance(told, str) and told[_T : _T + 1] == "T":
        try:
            return datetime.fromisoformat(told)
        except ValueError:
            pass
    found: datetime = parse_timestamp(told)  # type: ignore[arg-type]
    return found
