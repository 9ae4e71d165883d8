"""What each step decides: (scene, step) -> the writes still to make, or whether it has settled. Pure."""
