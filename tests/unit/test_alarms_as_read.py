"""What an alarm's own account of its state is worth, whoever wrote it."""

import pytest

from signalbox.aws.alarms import datapoints


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ('{"version": "1.0", "recentDatapoints": [1.0, 20], "threshold": 5.0}', (1.0, 20.0)),
        ('{"recentDatapoints": [null, 3]}', (3.0,)),
        ('{"recentDatapoints": []}', ()),
        ('{"recentDatapoints": "many"}', ()),
        ('{"recentDatapoints": {"a": 1}}', ()),
        ("[1, 2]", ()),
        ('"text"', ()),
        ("a person set it", ()),
        ("", ()),
    ],
)
def test_datapoints_are_read_where_there_are_any(told: str, found: tuple[float, ...]) -> None:
    assert datapoints(told) == found
