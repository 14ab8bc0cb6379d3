"""The formats, one row each, by family."""
