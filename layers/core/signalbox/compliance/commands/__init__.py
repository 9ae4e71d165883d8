"""What begins, steers and explains remediations."""
