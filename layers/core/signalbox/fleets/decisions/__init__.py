"""What to do with each resource, when, and what came of it. Pure."""
