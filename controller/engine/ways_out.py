"""What people are told to do: commands as they are typed, with the account and region that they are for."""

from __future__ import annotations

from collections.abc import Sequence

from controller.model.live import Place
from controller.model.ownership import PIPELINE, SILO_STACK, SITE_PIPELINE
from controller.model.source import Source

APPLY = "siloctl apply"
DECLARE = "siloctl silo declare"
START = f"aws codepipeline start-pipeline-execution --name {PIPELINE}"
BY_HAND = "blueprints/silo/README.md, A stack deleted by hand"
LEFT_OVER = f"take away what a failed attempt left, such as a bucket (aws s3 rb --force); with data in it: {BY_HAND}"
START_SITE = f"aws codepipeline start-pipeline-execution --name {SITE_PIPELINE}"


NEVER_MADE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")  # states of a stack whose creation failed


def there(command: str, place: Place) -> str:
    """A command of AWS's own, with the region and the account that it is for."""
    return f"{command} --region {place.region}  # in account {place.account}"


def way_out(status: str, place: Place) -> str:
    """No update is taken by a stack whose creation was rolled back, nor by one whose rollback failed (user guide)."""
    stack = f"--stack-name {SILO_STACK} --region {place.region}"
    match status:
        case status if status in NEVER_MADE:
            return (
                f"mend what failed ({APPLY} where that is in a manifest), then, for no update mends a stack that was "
                f"never made: aws cloudformation delete-stack {stack} && "
                f"aws cloudformation wait stack-delete-complete {stack} && {there(START, place)}"
            )
        case "DELETE_FAILED":
            force = f"aws cloudformation delete-stack {stack} --deletion-mode FORCE_DELETE_STACK"
            return f"{force}  # in account {place.account}; what could not be deleted stays"
        case "UPDATE_ROLLBACK_FAILED":
            again = f"aws cloudformation continue-update-rollback {stack}  # in account {place.account}"
            return f"{again}, once what failed is mended; then {APPLY}"
        case _:
            return "mend what failed in the manifest, then " + APPLY


def anew(place: Place) -> str:
    return f"{there(START, place)}; what was kept of it has to be imported first: {BY_HAND}"


def anew_by_git(source: Source | None) -> str:
    """No update makes a thing again that its stack takes to be there: it has to leave the template first."""
    where = f" at {source.path}:{source.line}" if source else ""
    return f"take it out{where}, {APPLY} --wait, write it back, {APPLY}"


def put_back(stack: str, parameters: Sequence[str], place: Place) -> str:
    """A change set that looks at what is there, made and carried out: for all that is in the stack.

    It also makes again what was deleted (user guide, "Using drift-aware change sets").
    """
    at = f"--stack-name {stack} --region {place.region}"
    named = f"{at} --change-set-name put-back"
    kept = " ".join(f"ParameterKey={each},UsePreviousValue=true" for each in parameters)
    steps = (
        f"create-change-set {named} --include-nested-stacks --use-previous-template --deployment-mode REVERT_DRIFT"
        f" --capabilities CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND --parameters {kept}",
        f"wait change-set-create-complete {named}",
        f"execute-change-set {named}",
        f"wait stack-update-complete {at}",
    )
    return " && ".join(f"aws cloudformation {step}" for step in steps) + f"  # in account {place.account}"
