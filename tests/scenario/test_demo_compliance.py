"""`make demo-compliance`, as somebody without a terminal runs it: what it tells, exits with, and leaves."""

from pathlib import Path

from tests.scenario.demos import played, surroundings

ENDS = {
    "photos": "remediated",
    "invoices": "remediated",
    "exports": "remediated",
    "bastion": "remediated",
    "legacy-site": "excepted",
    "shared-with-a-pipeline": "flapping",
    "nobody-entrusted-it": "open",
    "public-website": "open",
    "orders": "waiting",
}


def test_ten_violations_end_as_told_and_every_check_holds(tmp_path: Path) -> None:
    demo = played("demo_compliance", surroundings(tmp_path))
    story = demo.stdout
    assert (demo.returncode, demo.stderr) == (0, ""), story
    lines = [line.split() for line in story.splitlines()]
    states = {words[0]: words[2] for words in lines if len(words) > 2 and words[0] in ENDS}
    assert states == ENDS
    for told in (
        "10 violations are planted",
        "approver agrees to ModifyInstanceMetadataOptions of i-",
        "danger: refuses",
        "a pipeline opens shared-with-a-pipeline again",
    ):
        assert told in story, story
    assert story.count("✓") == 5
    assert "✗" not in story
    assert "\x1b" not in story
    assert max(map(len, story.splitlines())) <= 110
    assert list(tmp_path.iterdir()) == []
