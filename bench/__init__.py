"""Benchmarks against floors and limits: ratios within one run, since machines are noisy."""
