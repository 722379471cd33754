"""The nouns: frozen values without storage."""
