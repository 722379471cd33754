"""The catalogue: values, kinds, checks, forbidden data."""
