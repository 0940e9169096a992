"""Files in, manifests out: YAML text to plain values with their places, checked against the kind's schema.

Nothing here knows another manifest; what hangs together is checked by `controller.resolve`.
"""
