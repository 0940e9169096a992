"""The resource types that the embedded AWS can make. A type that is not here is an error with its name.

`registry.handler_for` gives the handler of a type. Most drive moto's services, so that what a stack makes is there for
every boto3 caller of the account; the types of `store` are kept by their provider schema alone.
"""
