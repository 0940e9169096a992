"""siloctl: a GitOps controller for a data lake of silos, one AWS account each."""

__version__ = "0.1.0"
