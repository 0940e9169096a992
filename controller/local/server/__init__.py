"""The embedded AWS as one thing: an endpoint on this machine, with the organization of a lake behind it.

Nothing is imported here: resources listen with `http`, and `embedded` starts what resources need.
"""
