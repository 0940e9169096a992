"""The organization of the embedded AWS: seeded from the manifests, answered as AWS Organizations answers today.

`seed` makes the accounts and units that a lake names; `install` mends what moto's Organizations lacks (paths, pages,
who may call); `tree` answers where an account is.
"""

from controller.local.organization.seed import Seeded, seed
from controller.local.organization.service import install
from controller.local.organization.tree import organization_id, organization_path, unit_id

__all__ = ["Seeded", "install", "organization_id", "organization_path", "seed", "unit_id"]
