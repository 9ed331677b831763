"""Measures a Keras training run. The only folder that knows Keras and TensorFlow."""

from __future__ import annotations

import keras
import tensorflow as tf

from tb_stability.supported import KERAS, TENSORFLOW, require

# Before any file of this folder is read: what those import from an old Keras may not be there.
require(TENSORFLOW, tf.__version__, by="Recording with tb_stability")
require(KERAS, keras.__version__, by="Recording with tb_stability")
