"""What is decided about a finding, without looking anywhere."""
