"""The resource types that the embedded AWS can make. A type that is not here is an error with its name.

`registry.handler_for` gives the handler of a type. Most drive moto's services, so that what a stack makes is there for
every boto3 caller of the account; the types of `store` are kept by their provider schema alone.
"""

from __future__ import annotations

from controller.local import services
from controller.local.resources import store


def install() -> None:
    """Add to moto's services what the handlers call and moto lacks."""
    services.install()


def reset() -> None:
    """Forget what no service of moto holds."""
    store.reset()
