"""Measures a Keras training run. The only folder that knows Keras and TensorFlow."""
