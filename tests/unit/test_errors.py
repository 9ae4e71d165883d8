"""Errors that say what would be right."""

from signalbox.kernel.errors import Invalid, Unprocessable, Violation


def test_every_violation_is_told_at_once() -> None:
    wrong = (Violation("name", "give one"), Violation("traffic", "name a rule"))
    error = Invalid(*wrong)
    assert str(error) == "name: give one; traffic: name a rule"
    assert error.violations == wrong


def test_what_aws_says_no_to_is_invalid_too() -> None:
    assert isinstance(Unprocessable(Violation("name", "is taken")), Invalid)
