"""Keras: candidates and twins."""
