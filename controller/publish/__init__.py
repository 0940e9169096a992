"""Rendered templates in, content-addressed bytes out: what the code bucket holds."""
