"""docs/problems.md, from the codes."""

from __future__ import annotations

from controller.model.problem import CODES
from tools.pages import NOTE


def page() -> str:
    head = f"""{NOTE}
# Problems

Each problem that `siloctl` finds in manifests and blueprints has a code that stays. It is shown as
`path:line:column: error[code]: message`, and in the JSON of `siloctl validate --format json`. A warning stops nothing.
"""
    return head + "".join(f"\n## {code}\n\n{CODES[code]}\n" for code in sorted(CODES))
