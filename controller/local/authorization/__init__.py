"""Who may do what in the embedded AWS: S3, KMS and AssumeRole, decided by `controller.access` from moto's state."""
