"""How a case moves: tables of steps and guards, one file per workflow; the casework rooms build on it."""
