"""Specs in, one consistent lake out: references found, defaults filled, meaning checked. Problems come all at once."""
