"""What compliance needs of AWS."""
