"""Models whose training is hidden, and what is inferred of it."""
