"""The tasks of the power machine, each in one function."""
