"""Measurements anyone can repeat: `python -m bench`. Every number is a ratio within one run, or a count."""
