"""Compliance: what is not as it must be is found, fixed once, and proven fixed."""
