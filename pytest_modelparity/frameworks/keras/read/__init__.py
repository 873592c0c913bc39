"""Reading what the user wrote in Keras."""
