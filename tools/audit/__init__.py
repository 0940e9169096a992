"""Open checkers over every template and policy: `python -m tools.audit CHECKERS`, the folder of their own environment.

In: the blueprints' cases and whole lakes, rendered. Out: the findings that have no reason beside the resource, and the
reasons that no finding needs any more. A reason is a comment inside the resource, in the blueprint:

    # accepted CKV_AWS_18: access logs of this bucket would be access logs of access logs

The id is checkov's (CKV_AWS_18), or the name of parliament's issue (RESOURCE_STAR). Comments are for those who read the
blueprint: a template that is sent to AWS has none.
"""
