"""CodePipeline of the embedded AWS: pipelines that poll, and run, by their own stored definition.

moto keeps the definitions; here they are executed: `polling` watches the sources, `runner` walks the stages,
`actions` does what one action says with the role that it says, `service` answers the API.
"""

from controller.local.pipelines.polling import poll_now, switch_off_polling
from controller.local.pipelines.service import install, reset

__all__ = ["install", "poll_now", "reset", "switch_off_polling"]
