"""`python -m server.cli` is `qufu-credit`."""

from server.cli import main

main()
