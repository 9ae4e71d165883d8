"""How traffic reaches services."""
