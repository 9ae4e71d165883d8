"""The film behind `make demo-compliance`: ten violations, found, put right, approved, left, and proven."""
