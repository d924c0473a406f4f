"""Benchmarks: how fast the hot paths are on this machine, each beside a baseline of the same run."""
