"""Building and copying Keras models."""
