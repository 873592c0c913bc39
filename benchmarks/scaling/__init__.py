"""How long a check takes on many machines: runs, a model that is fitted to them, and its tables."""
