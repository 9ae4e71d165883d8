"""Fleets: what sleeps at night, and wakes in the morning."""
