"""Presets: each is nothing but a list of steps."""
