"""ONNX files, run by onnxruntime."""
