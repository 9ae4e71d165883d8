"""`make demo-fleet`: a week of a fleet of sixty resources, told as it passes and checked against AWS."""
