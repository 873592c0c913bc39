"""Candidates that are PyTorch modules."""
