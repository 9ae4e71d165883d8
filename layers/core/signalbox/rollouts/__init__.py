"""Rollouts: one attempt to bring a service to a version."""
