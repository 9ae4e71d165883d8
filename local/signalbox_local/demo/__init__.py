"""`make demo`: a good rollout and a bad one, told as they happen and checked against AWS."""
