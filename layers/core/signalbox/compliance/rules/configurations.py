"""What a rule has read with types of its own, as a configuration."""

import msgspec

from signalbox.compliance.model import Configuration


def configuration_of(state: object) -> Configuration:
    """As it is stored and compared: only of what JSON knows. `state` is a dataclass."""
    found: Configuration = msgspec.json.decode(msgspec.json.encode(state))
    return found
