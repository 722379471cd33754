"""The server: one room per responsibility, ordered in layers (see README, "Rooms")."""
