"""May it, and when: pure functions; every input is an argument and the answer carries its reason."""
