"""What moto's services lack and the lake needs: operations added to them, and definitions kept whole.

`install()` adds the operations; it is called once, before the server starts, and again does no harm.
"""

from __future__ import annotations

from controller.local.services import (
    arrivals,
    athena,
    catalog_policies,
    codesuite,
    cognito,
    edge,
    functions,
    glue,
    iam,
    s3,
    s3_lifecycle,
)


def install() -> None:
    for service in (
        arrivals,
        athena,
        catalog_policies,
        codesuite,
        cognito,
        edge,
        functions,
        glue,
        iam,
        s3,
        s3_lifecycle,
    ):
        service.install()
