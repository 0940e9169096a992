"""The embedded AWS as one thing: an endpoint on this machine, with the organization of a lake behind it."""

from controller.local.server.calls import Call
from controller.local.server.embedded import EmbeddedAws
from controller.local.server.gateway import Cut

__all__ = ["Call", "Cut", "EmbeddedAws"]
