"""TFLite files, run by ai-edge-litert."""
