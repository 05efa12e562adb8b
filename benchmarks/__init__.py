"""Benchmarks: one definition of each network, and programs that run it in turn."""
