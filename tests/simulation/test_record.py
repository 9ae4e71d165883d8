"""A campaign goes on where those before it ended."""

from pathlib import Path

from tests.simulation.play import Verdict
from tests.simulation.points import Point, Result
from tests.simulation.record import Record
from tests.simulation.tally import Tally
from tests.simulation.walk import Walked

WELL = Verdict(phase="succeeded", calls=9, seconds=1.0, violations=(), story=("told",))


def walked(way: str, *, tried: int, broken: int = 0) -> Walked:
    return Walked(
        way=way,
        case="canary/slots",
        ending="succeeds",
        points={"timeout": 10},
        tried={"timeout": tried},
        broken=broken,
        verdict=WELL,
    )


def result(number: int) -> Result:
    point = Point(case="canary/slots", ending="succeeds", number=number, call="", trouble="timeout")
    return Result(point=point, verdict=WELL)


def test_what_went_to_its_end_is_known_to_the_next_one_and_what_broke_something_is_tried_again(
    tmp_path: Path,
) -> None:
    first = Record(tmp_path)
    first.add(walked("counted", tried=0))
    first.add(walked("1 of 2", tried=5))
    first.add(walked("2 of 2", tried=5, broken=1))
    assert Record(tmp_path).times() == {"counted": 1, "1 of 2": 1}


def test_points_are_those_of_all_campaigns_and_none_counts_twice(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.add(walked("1 of 2", tried=5))
    tally = Tally()
    for one in record.walked():
        tally.before(one)
    for number in range(3):
        tally.add(result(number))
    *_, line = tally.lines()
    assert line.endswith("points 8 of 10")
    for number in range(9):
        tally.add(result(number))
    *_, line = tally.lines()
    assert line.endswith("points 10 of 10")
