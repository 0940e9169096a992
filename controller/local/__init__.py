"""The embedded AWS: moto's server and what it lacks, so that the whole lake runs on one machine.

The rest of siloctl knows it only as an endpoint URL. It serves what the blueprints use, and refuses by name what it
cannot make; it is no emulator of AWS at large.
"""
