"""Adapters of fleets."""
