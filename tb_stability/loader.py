"""What TensorBoard calls at startup, through the entry point `tensorboard_plugins`."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from tensorboard import version
from tensorboard.plugins import base_plugin
from tensorboard.util import tb_logging

from tb_stability.freed_memory import children_give_back
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.supported import TENSORBOARD, UnsupportedVersionError, require

if TYPE_CHECKING:
    from tb_stability.plugin import StabilityPlugin


class StabilityLoader(base_plugin.TBLoader):
    """Loads the plugin, and makes TensorBoard keep every window of a run.

    By itself TensorBoard keeps 10 tensors per tag of a third-party plugin with its Python loader
    and 100 with its data server, chosen at random: epochs would vanish without a sign.
    """

    def __init__(self) -> None:
        self._starting = contextlib.ExitStack()

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Sets ``--samples_per_plugin=stability=0`` (keep all) unless the user gave a number.

        The data server is started between this and `load`, and is told meanwhile to give back
        memory that it no longer needs.
        """
        samples = dict(getattr(flags, "samples_per_plugin", None) or {})
        samples.setdefault(PLUGIN_NAME, 0)
        flags.samples_per_plugin = samples
        self._starting.enter_context(children_give_back())

    def load(self, context: base_plugin.TBContext) -> StabilityPlugin | None:
        """Returns the plugin, or None where this TensorBoard cannot have it.

        That is one too old, which is told why, or one without a data provider to read from.
        """
        self._starting.close()
        try:
            require(TENSORBOARD, version.VERSION, by="The Stability tab")
        except UnsupportedVersionError as error:
            # Not raised: that would end TensorBoard, with all its other tabs.
            tb_logging.get_logger().error(str(error))
            return None
        if context.data_provider is None:
            return None
        # Not above: what it imports, a TensorBoard that is too old may lack.
        from tb_stability.plugin import StabilityPlugin

        return StabilityPlugin(context)
