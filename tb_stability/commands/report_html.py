"""A report as one HTML file: the page of the *Stability* tab, with the runs' data inside."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import pathlib
import re
from collections.abc import Sequence

from tb_stability.commands import report_data, text_format
from tb_stability.commands.command import CommandError
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets import Thresholds

SCRIPT = pathlib.Path(__file__).parents[1] / "static" / "report.js"

# What mail programs and pull requests take without a murmur.
MAX_BYTES = 2_000_000

# Nothing is loaded, nothing is sent, and no script runs but the one whose hash this is. Pictures:
# a panel that is saved as PNG is drawn from a blob that holds its canvases as data.
_POLICY = (
    "default-src 'none'; script-src 'sha256-{hash}'; img-src blob: data:; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'"
)

_TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
</head>
<body>
<noscript>
<p>This report draws its pictures with JavaScript, which is switched off here. What was found:</p>
<pre>{findings}</pre>
</noscript>
<script type="application/gzip" id="report-data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def render(judged: Sequence[JudgedRun], thresholds: Thresholds) -> str:
    """Returns the page with the data of the runs, and their findings as text for want of scripts.

    Raises:
      CommandError: If the page's script is not there.
    """
    about = report_data.about(judged, thresholds)
    script = _script()
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    frame = {
        "policy": _POLICY.format(hash=hashed),
        "title": html.escape(f"Stability of {', '.join(about['sources'])}"),
        "findings": html.escape(_findings(judged)),
        "script": script,
    }
    room = MAX_BYTES - len(encode(_TEMPLATE.format(data="", **frame)))
    return _TEMPLATE.format(data=report_data.packed_answers(judged, about, size=room), **frame)


def encode(text: str) -> bytes:
    """Returns UTF-8; names of files that are none are escaped."""
    return text.encode("utf-8", "backslashreplace")


def _findings(judged: Sequence[JudgedRun]) -> str:
    out = io.StringIO()
    text_format.write(judged, out)
    return out.getvalue()


def _script() -> str:
    try:
        script = SCRIPT.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CommandError(
            f"{SCRIPT} is not there, so there is no page to put the data into. In a clone build it "
            "with `npm run build` in frontend/; or use --format markdown or json."
        ) from error
    # These two would end the element, or hide its end, wherever they stand in the script.
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)
