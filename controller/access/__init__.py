"""Who may do what: policies read once, one request decided.

Comes in: policy documents as JSON values, and a request with its principal, resource and context. Goes out: a
`Decision`, allow, deny or unknown, with the statement that made it. What the language has and this package does not
know (an operator, a kind of principal, a context key nobody told) makes it answer unknown, never a guess.
"""

from controller.access.decision import Decision, Policies, decide
from controller.access.policy import Policy, PolicyInvalid, Statement, read
from controller.access.request import Principal, Request

__all__ = ["Decision", "Policies", "Policy", "PolicyInvalid", "Principal", "Request", "Statement", "decide", "read"]
