"""Benchmarks: ratios against a ceiling measured in the same run, since machines are noisy."""
