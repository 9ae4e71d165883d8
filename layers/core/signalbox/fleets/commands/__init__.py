"""What callers, schedules and events ask of fleets."""
