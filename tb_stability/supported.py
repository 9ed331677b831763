"""With which versions of other packages this one works, and what those are told who have others.

The only place that states them. `setup.py` reads this file where nothing is installed yet, so it
imports the standard library alone; `noxfile.py` tries both ends of each range, and a test holds the
README to them.
"""

from __future__ import annotations

import re
import warnings
from typing import NamedTuple


class Supported(NamedTuple):
    """The versions of a package that are supported.

    Attributes:
      package: Its name, for pip.
      oldest: The oldest version with which the tests pass.
      untried: The first that is not supported: a major version that nobody has tried.
    """

    package: str
    oldest: str
    untried: str

    @property
    def requirement(self) -> str:
        """The same for pip, such as ``keras>=3.8,<4``."""
        return f"{self.package}>={self.oldest},<{self.untried}"


# Older ones lack what the callback takes hold of inside Keras.
KERAS = Supported("keras", "3.8", "4")
TENSORFLOW = Supported("tensorflow", "2.18", "3")
TENSORBOARD = Supported("tensorboard", "2.14", "3")


class UnsupportedVersionError(ImportError):
    """Raised where a package is older than the oldest version supported."""


def require(supported: Supported, found: str, *, by: str) -> None:
    """Checks the version of a package that is installed.

    A newer one than was tried may well work, and nobody could try it if it were refused: that is a
    warning. An older one is known not to work.

    Args:
      supported: What is supported.
      found: The version that is installed.
      by: What needs it, for the message.

    Raises:
      UnsupportedVersionError: If it is older than the oldest supported.

    Example:

    >>> keras = Supported("keras", "3.8", "4")
    >>> require(keras, "2.15.0", by="This")  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
    tb_stability.supported.UnsupportedVersionError: This works with keras 3.8 or newer, below 4,
    and keras 2.15.0 is installed. Install a newer one: pip install "keras>=3.8,<4"
    """
    says = (
        f"{by} works with {supported.package} {supported.oldest} or newer, below "
        f"{supported.untried}, and {supported.package} {found} is installed."
    )
    if _numbers(found) < _numbers(supported.oldest):
        raise UnsupportedVersionError(
            f'{says} Install a newer one: pip install "{supported.requirement}"'
        )
    if _numbers(found) >= _numbers(supported.untried):
        warnings.warn(
            f"{says} It may work all the same, but has not been tried. If something fails, "
            f'install an older one: pip install "{supported.requirement}"',
            stacklevel=2,
        )


def _numbers(version: str) -> list[int]:
    """Returns what of a version orders releases: of ``2.21.0rc1`` the list ``[2, 21]``."""
    return [int(part) for part in re.findall(r"\d+", version)[:2]]
