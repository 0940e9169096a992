"""The manifest kinds, one module each: its spec, how it is read, what it refers to."""
