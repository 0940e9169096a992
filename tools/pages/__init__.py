"""One module a generated page; each has a function `page` that returns its Markdown."""

NOTE = "<!-- Made by `make generate` from the code; edit that. -->\n"
