"""Who may do what in the embedded AWS: S3, KMS and AssumeRole, decided by `controller.access` from moto's state.

`asked` says which actions a request needs, `principals` and `facts` what is known of the caller, `decisions` judges.
Calls of other services are not decided, nor those that the embedded AWS makes in an account's own name.
"""
