"""Web sites of the embedded AWS: a distribution with its bucket and its HTTP API, each at a port of this machine.

Whoever may read the bucket, call the function or pass the authorizer is decided by the policies and settings that the
templates made, as everywhere else here.
"""

from controller.local.web.ports import reset
from controller.local.web.sites import Invitation, Site, close, names, open_api, open_site, sites

__all__ = ["Invitation", "Site", "close", "names", "open_api", "open_site", "reset", "sites"]
