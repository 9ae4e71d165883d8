"""Real requests: an open stream of them, sent by a process of its own."""
