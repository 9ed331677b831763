"""TensorBoard's real data providers, both of them, over a logdir."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Iterator

from tensorboard.backend.event_processing import data_ingester, plugin_event_multiplexer
from tensorboard.backend.event_processing import data_provider as multiplexer_provider
from tensorboard.context import RequestContext
from tensorboard.data import server_ingester
from tensorboard.data.provider import DataProvider
from tensorboard.util import grpc_util

from tb_stability.metadata import PLUGIN_NAME

KINDS = ("python loader", "data server")


@contextlib.contextmanager
def open_provider(
    kind: str, logdir: pathlib.Path, *, samples: int | None = 0, scalars: int | None = None
) -> Iterator[DataProvider]:
    """Opens a logdir as TensorBoard does.

    Args:
      kind: One of `KINDS`; the second is TensorBoard's default, ``--load_fast=true``.
      logdir: What to open.
      samples: Tensors kept per tag, 0 for all; None for TensorBoard's own default.
      scalars: The same for scalars.
    """
    guidance = {} if samples is None else {PLUGIN_NAME: samples}
    if scalars is not None:
        guidance["scalars"] = scalars
    if kind == "python loader":
        multiplexer = plugin_event_multiplexer.EventMultiplexer(
            size_guidance=data_ingester.DEFAULT_SIZE_GUIDANCE,
            tensor_size_guidance={**data_ingester.DEFAULT_TENSOR_SIZE_GUIDANCE, **guidance},
        )
        multiplexer.AddRunsFromDirectory(str(logdir))
        multiplexer.Reload()
        yield multiplexer_provider.MultiplexerDataProvider(multiplexer, str(logdir))
        return
    ingester = server_ingester.SubprocessServerDataIngester(
        server_binary=server_ingester.get_server_binary(),
        logdir=str(logdir),
        reload_interval=0,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL,
        samples_per_plugin=guidance,
    )
    ingester.start()
    # The server answers before it has read everything; it is done when the listing stands still.
    seen, listing = None, _listing(ingester.data_provider)
    while listing != seen:
        time.sleep(0.3)
        seen, listing = listing, _listing(ingester.data_provider)
    yield ingester.data_provider


def _listing(provider: DataProvider) -> str:
    context = RequestContext()
    tensors = provider.list_tensors(context, experiment_id="", plugin_name=PLUGIN_NAME)
    return f"{tensors}{provider.list_scalars(context, experiment_id='', plugin_name='scalars')}"
