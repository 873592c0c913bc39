"""What each backend of Keras does in its own way, asked for by one protocol."""
