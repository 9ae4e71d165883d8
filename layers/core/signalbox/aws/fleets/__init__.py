"""Fleets on AWS: adapters of their ports, and of each kind of resource."""
