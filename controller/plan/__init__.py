"""Changes in, one plan out: ordered, guarded, printable, comparable."""
