"""Mails into a Maildir, the folder format that mail readers share. Exactly once: the file name is the mail's key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.channels import Mail
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.private_files import create, make_folders


class MaildirChannel:
    """Writes each mail to tmp/ and renames it into new/; a reader moves it on to cur/ and adds flags to its name."""

    name = "maildir"

    def __init__(self, folder: Path) -> None:
        """`folder` and its parents are created with the first mail."""
        self._folder = folder

    def location(self) -> str:
        """The Maildir's path."""
        return str(self._folder)

    @contextmanager
    def session(self) -> "Iterator[MaildirChannel]":
        """A folder needs no conversation."""
        yield self

    def deliver(self, mail: Mail) -> None:
        """Store the mail durably unless it is there, read or unread.

        Raises:
            ServiceUnavailableError: the folder cannot be written; names the reason.
        """
        try:
            for part in ("tmp", "new", "cur"):
                make_folders(self._folder / part)
            if not self._delivered(mail.key):
                self._write(mail)
        except OSError as error:
            raise ServiceUnavailableError(
                f"mails cannot be written to {self._folder}: {error.strerror}; make room or give write permission there"
            ) from error

    def _delivered(self, key: str) -> bool:
        # new/ before cur/: a mail that a reader moves meanwhile is seen in one of them.
        if (self._folder / "new" / key).exists():
            return True
        return any(path.name.partition(":")[0] == key for path in (self._folder / "cur").iterdir())

    def _write(self, mail: Mail) -> None:
        # A kill leaves a draft at most, which the next attempt writes anew.
        draft, new = self._folder / "tmp" / mail.key, self._folder / "new"
        try:
            with create(draft) as file:
                file.write(mail.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(new / mail.key)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        folder = os.open(new, os.O_RDONLY)
        try:
            os.fsync(folder)  # makes the name as durable as the content
        finally:
            os.close(folder)


def build(_config: PluginConfig, context: Context) -> MaildirChannel:
    """The Maildir in the data folder."""
    return MaildirChannel(context.home / "maildir")


plugin = Plugin(PluginConfig, build)
