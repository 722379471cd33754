"""What happened, provably: entries, hash chains and proofs. Bytes in, bytes out: no database, no clock."""
