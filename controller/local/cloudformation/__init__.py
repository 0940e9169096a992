"""CloudFormation as siloctl and the pipelines meet it: templates in, stacks, events, drift and StackSets out.

`template` reads text, `intrinsics` gives values, `graph` orders; `operation` makes, changes and deletes one stack's
resources through the handlers of `controller.local.resources` and undoes what failed; `changeset` says what an
operation would do, `drift` what others did; `stacksets` spreads stacks over accounts. `service` puts all of it behind
moto's CloudFormation endpoint. State is in memory, one backend an account and region (`stacks`).
"""
