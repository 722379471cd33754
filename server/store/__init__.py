"""The only room that knows MongoDB and Beanie; one file per collection."""
