"""Rows of any number: held in memory, or passed over block by block."""
