"""What each task of the rollout machine does."""
