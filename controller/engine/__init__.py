"""The use cases, in the order of the story: validate, observe, plan, apply, status, drift. The engine never prints."""
