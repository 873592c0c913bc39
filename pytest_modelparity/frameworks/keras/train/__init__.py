"""Training Keras models."""
