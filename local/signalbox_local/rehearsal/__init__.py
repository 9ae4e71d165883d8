"""A rehearsal: a replica of a service, real requests, a real rollout, and what it did to users."""
