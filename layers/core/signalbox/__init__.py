"""Signalbox: an event-driven control plane for deployments and operations on AWS."""
