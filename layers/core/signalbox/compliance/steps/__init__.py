"""The tasks of the remediation machine, each in one function."""
