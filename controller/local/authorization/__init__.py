"""Who may do what in the embedded AWS, decided by `controller.access` from moto's state: S3, KMS, catalogs, AssumeRole.

`asked` says which actions a request needs, `principals` and `facts` what is known of the caller, `decisions` judges.
Of other services' calls a role needs a policy that names the action, upon whatever resource (`named`). Nothing is asked
of calls that the embedded AWS makes in an account's own name.
"""
