"""Desired and observed in, changes out. Digests are compared first, and only what differs is looked into."""
