"""When a fleet runs: periods, holidays and overrides become moments. Pure."""
