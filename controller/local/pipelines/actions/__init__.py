"""What one action does, with the credentials of the role that its definition names."""

from controller.local.pipelines.actions.context import ActionFailed, Context, Stopped
from controller.local.pipelines.actions.provider import run

__all__ = ["ActionFailed", "Context", "Stopped", "run"]
