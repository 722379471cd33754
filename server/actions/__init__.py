"""One file per deed: load, ask the rule, change, record; the only rooms that read the clock."""
