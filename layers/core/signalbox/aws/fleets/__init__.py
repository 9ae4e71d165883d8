"""Fleets on AWS: what finds, reads, starts and stops their resources."""
