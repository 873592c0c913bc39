"""The frameworks: each is loaded by name, and only when a check needs it."""
