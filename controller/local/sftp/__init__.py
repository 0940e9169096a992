"""SFTP servers of the embedded AWS: each asks its own authorizer, and writes to S3 as the role that it answers.

A server's port is open for as long as its resource is there. What a login may do is decided by the policies of that
role and session alone, by the same authorization that decides every call.
"""

from controller.local.sftp.endpoint import Endpoint, close, endpoints, open_endpoint, reset

__all__ = ["Endpoint", "close", "endpoints", "open_endpoint", "reset"]
