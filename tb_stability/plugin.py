"""The plugin: routes only. What they answer is described in http_api.md.

Each ``*_route`` parses a request; each ``*_impl`` takes and returns plain values.
"""

from __future__ import annotations

import mimetypes
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from tensorboard import context as tb_context
from tensorboard import plugin_util
from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from tb_stability import payload
from tb_stability.answers import Answers
from tb_stability.arguments import ArgumentError, integer_of, text_of, thresholds_of
from tb_stability.columns import merge_columns
from tb_stability.diagnosis import Diagnosis
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.onsets import Thresholds
from tb_stability.reader import RunReader
from tb_stability.series import MAX_STEP

STATIC = pathlib.Path(__file__).parent / "static"

DEFAULT_COLUMNS = 2000
MAX_COLUMNS = 20_000
# Numbers in one answer: 64 MB of measurements. A series of many rows gets fewer columns.
MAX_VALUES = 2**24
# Milliseconds that a request may ask to wait for verdicts.
MAX_WAIT = 60_000
# Letters of an unknown name that come back in the answer.
LONGEST_ECHO = 200

Json = dict[str, Any]


class UnknownError(LookupError):
    """Raised for a run or tag that does not exist; answered with 404."""


class StabilityPlugin(base_plugin.TBPlugin):
    """Serves the frontend and the data of the *Stability* tab."""

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._reader = RunReader(context.data_provider)
        self._diagnosis = Diagnosis(self._reader)
        self._answers = Answers()
        self._seen = False

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        routes = {
            "/index.js": self.static_route,
            "/static/*": self.static_route,
            "/runs": self.runs_route,
            "/run": self.run_route,
            "/series": self.series_route,
            "/thresholds": self.thresholds_route,
        }
        return {path: wrappers.Request.application(route) for path, route in routes.items()}

    def is_active(self) -> bool:
        """Returns whether there is a run to show.

        TensorBoard asks where there are no data of this plugin: then a loss among the scalars will
        do. Runs that were there once are not looked for again.
        """
        self._seen = self._seen or bool(self._reader.list_runs(experiment_id=""))
        return self._seen

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name="Stability")

    def static_route(self, request: wrappers.Request) -> wrappers.Response:
        name = request.path.rpartition("/")[2]
        # Compared with the names that exist, so that no spelling of a path leads out of the folder.
        listed = STATIC.iterdir() if STATIC.is_dir() else ()
        names = {path.name for path in listed if path.is_file()}
        if name not in names:
            # As plain text: werkzeug's own pages lack the headers that TensorBoard's have.
            sentence = f"There is no static file {name[:LONGEST_ECHO]!r}.\n"
            return http_util.Respond(request, sentence, "text/plain", code=404)
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if content_type == "application/javascript":  # TensorBoard knows the standard name only
            content_type = "text/javascript"
        return http_util.Respond(request, (STATIC / name).read_bytes(), content_type)

    def runs_route(self, request: wrappers.Request) -> wrappers.Response:
        return _answer(
            request,
            lambda context, experiment_id: self.runs_impl(
                context,
                experiment_id,
                thresholds_of(request.args),
                wait=_wait(request.args),
            ),
        )

    def run_route(self, request: wrappers.Request) -> wrappers.Response:
        return _answer(
            request,
            lambda context, experiment_id: self.run_impl(
                context,
                experiment_id,
                text_of(request.args, "run"),
                thresholds_of(request.args),
                wait=_wait(request.args),
            ),
        )

    def series_route(self, request: wrappers.Request) -> wrappers.Response:
        return _answer(
            request,
            lambda context, experiment_id: self.series_impl(
                context,
                experiment_id,
                text_of(request.args, "run"),
                text_of(request.args, "tag"),
                columns=integer_of(request.args, "columns", 1, MAX_COLUMNS) or DEFAULT_COLUMNS,
                first_step=integer_of(request.args, "first_step", 0, MAX_STEP),
                last_step=integer_of(request.args, "last_step", 0, MAX_STEP),
                revision=request.args.get("revision"),
            ),
        )

    def thresholds_route(self, request: wrappers.Request) -> wrappers.Response:
        return _answer(request, lambda context, experiment_id: self.thresholds_impl())

    def runs_impl(
        self,
        context: tb_context.RequestContext,
        experiment_id: str,
        thresholds: Thresholds,
        *,
        wait: float | None = None,
    ) -> Json:
        """Returns every run with its verdict, within `wait` seconds with those that are known."""
        asked: Json = {
            "experiment_id": experiment_id,
            "context": context,
            "thresholds": thresholds,
        }
        runs = (
            self._diagnosis.all_runs(**asked)
            if wait is None
            else self._diagnosis.known_runs(**asked, patience=wait)
        )
        return {"runs": [payload.run_summary(run) for run in runs]}

    def run_impl(
        self,
        context: tb_context.RequestContext,
        experiment_id: str,
        run: str,
        thresholds: Thresholds,
        *,
        wait: float | None = None,
    ) -> Json:
        """Returns one run's record, series without values, and onsets."""
        try:
            diagnosed = self._diagnosis.run(
                run,
                experiment_id=experiment_id,
                context=context,
                thresholds=thresholds,
                patience=wait,
            )
        except KeyError:
            raise _unknown_run(run) from None
        return payload.run_detail(diagnosed)

    def thresholds_impl(self) -> Json:
        """Returns what can be given as thresholds."""
        return {"thresholds": Thresholds.describe()}

    def series_impl(
        self,
        context: tb_context.RequestContext,
        experiment_id: str,
        run: str,
        tag: str,
        *,
        columns: int,
        first_step: int | None,
        last_step: int | None,
        revision: str | None = None,
    ) -> bytes:
        """Returns the values of one series, in at most `columns` columns, as compressed JSON."""
        # Read, not judged: values need not wait for a verdict.
        try:
            revision, found = self._reader.read(
                run, experiment_id=experiment_id, context=context, revision=revision, tag=tag
            )
        except KeyError:
            raise _unknown_run(run) from None
        series = found.get(tag)
        if series is None:
            tags = ", ".join(item.tag for item in found.series) or "none"
            raise UnknownError(
                f"The run {run!r} has no series {tag[:LONGEST_ECHO]!r}. It has: {tags}."
            )
        most = min(columns, max(1, MAX_VALUES // (len(series.rows) * len(series.statistics))))

        def values() -> Json:
            merged = merge_columns(
                series,
                found.windows,
                columns=most,
                first_step=first_step,
                last_step=last_step,
            )
            return payload.series_values(run, series, revision, merged)

        key = (experiment_id, run, tag, revision, most, first_step, last_step)
        answer = self._answers.get(key, values)
        self._reader.shown(run, experiment_id=experiment_id)
        return answer


def _unknown_run(run: str) -> UnknownError:
    return UnknownError(
        f"There is no run {run[:LONGEST_ECHO]!r} with data of this plugin or a loss; the route "
        "`runs` lists them."
    )


def _answer(
    request: wrappers.Request, impl: Callable[[tb_context.RequestContext, str], Json | bytes]
) -> wrappers.Response:
    content: Json | bytes
    try:
        code, content = (
            200,
            impl(plugin_util.context(request.environ), plugin_util.experiment_id(request.environ)),
        )
    except ArgumentError as error:
        code, content = 400, {"error": str(error)}
    except UnknownError as error:
        code, content = 404, {"error": str(error)}
    # `Respond` turns NaN and the infinities into strings when it is given objects, not text.
    return http_util.Respond(
        request,
        content,
        "application/json",
        code=code,
        content_encoding="gzip" if isinstance(content, bytes) else None,
    )


def _wait(args: Mapping[str, str]) -> float | None:
    milliseconds = integer_of(args, "wait", 0, MAX_WAIT)
    return None if milliseconds is None else milliseconds / 1000
