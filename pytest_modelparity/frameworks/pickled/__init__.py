"""Pickles, loaded where the user allows it."""
