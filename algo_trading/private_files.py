"""Files and folders that only their owner may read, whatever the umask."""

import os
from pathlib import Path
from typing import BinaryIO

FILE, FOLDER = 0o600, 0o700


def make_folders(folder: Path) -> None:
    """Create the folder and what is missing above it, as Path.mkdir does with parents; those there stay as they are.

    Raises:
        OSError: as Path.mkdir, FileExistsError where a file is in its place.
    """
    try:
        folder.mkdir(FOLDER)
    except FileNotFoundError:
        if folder.parent == folder:
            raise
        make_folders(folder.parent)
        make_folders(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(FOLDER)  # a umask may have taken the owner's own rights away


def create(path: Path) -> BinaryIO:
    """A new file, or an empty one in the place of the one that is there, to be written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE)
    try:
        os.fchmod(descriptor, FILE)
        return os.fdopen(descriptor, "wb")
    except BaseException:
        os.close(descriptor)
        raise
