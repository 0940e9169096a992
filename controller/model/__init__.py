"""Frozen data and its invariants: what every stage speaks of. Nothing here reads a clock, a file or a network."""
