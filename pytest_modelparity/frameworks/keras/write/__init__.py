"""Writing Keras models and changes down as code."""
