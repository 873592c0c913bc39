"""Checks of a mapping that somebody else wrote."""
