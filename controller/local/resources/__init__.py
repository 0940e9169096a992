"""The resource types that the embedded AWS can make. A type that is not here is an error with its name."""
