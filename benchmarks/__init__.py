"""One script a figure; each prints a table."""
