"""Channels against real folders and real SMTP conversations; the fake keeps the same contract."""

import errno
import mailbox
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from algo_trading.adapters.maildir import MaildirChannel
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.channels import Channel
from contracts.channel import MailChannelContract
from fakes.channel import FakeChannel
from support.mail_examples import ibm_mail, put

pytestmark = pytest.mark.integration


NOBODY = 65534


class TestFake(MailChannelContract):
    @pytest.fixture
    def fake(self) -> FakeChannel:
        return FakeChannel()

    @pytest.fixture
    def open_channel(self, fake: FakeChannel) -> Callable[[], Channel]:
        return lambda: fake

    @pytest.fixture
    def arrived(self, fake: FakeChannel) -> Callable[[], list[EmailMessage]]:
        return lambda: list(fake.mails.values())

    @pytest.fixture
    def broken(self) -> Channel:
        fake = FakeChannel()
        fake.down = "the channel is down"
        return fake


class TestMaildir(MailChannelContract):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "data" / "maildir"

    @pytest.fixture
    def open_channel(self, folder: Path) -> Callable[[], Channel]:
        return lambda: MaildirChannel(folder)

    @pytest.fixture
    def arrived(self, folder: Path) -> Callable[[], list[EmailMessage]]:
        return lambda: read_maildir(folder)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Channel:
        (tmp_path / "file").touch()
        return MaildirChannel(tmp_path / "file")

    @pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,RS"])
    def test_a_mail_that_was_read_is_not_delivered_again(self, folder: Path, flags: str) -> None:
        channel = MaildirChannel(folder)
        put(channel, ibm_mail("k1"))
        (folder / "new" / "k1").rename(folder / "cur" / f"k1{flags}")
        put(channel, ibm_mail("k1"))
        put(channel, ibm_mail("k12"))  # a key that begins like another one
        assert {path.name for path in folder.glob("*/*")} == {f"k1{flags}", "k12"}

    def test_the_standard_library_reads_it(self, folder: Path) -> None:
        put(MaildirChannel(folder), ibm_mail("k1"))
        (message,) = mailbox.Maildir(folder, create=False)
        assert message["Message-ID"] == "<k1@localhost>"
        assert message.get_subdir() == "new"
        assert b"\r" not in (folder / "new" / "k1").read_bytes()

    def test_only_the_owner_may_read(self, folder: Path) -> None:
        put(MaildirChannel(folder), ibm_mail("k1"))
        assert {oct(path.stat().st_mode & 0o777) for path in folder.glob("*/")} == {"0o700"}

    def test_a_full_disk_leaves_no_half_mail(self, folder: Path) -> None:
        channel = MaildirChannel(folder)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # the system refuses to write further, as then
        try:
            with pytest.raises(ServiceUnavailableError) as caught:
                put(channel, ibm_mail("k1"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        reason = os.strerror(errno.EFBIG)
        assert str(caught.value) == (
            f"mails cannot be written to {folder}: {reason}; make room or give write permission there"
        )
        assert [path.name for path in folder.glob("*/*")] == []
        put(channel, ibm_mail("k1"))
        assert len(read_maildir(folder)) == 1

    def test_no_permission(self, folder: Path) -> None:
        channel = MaildirChannel(folder)
        put(channel, ibm_mail("k1"))
        (folder / "tmp").chmod(0o500)
        with unprivileged(folder), pytest.raises(ServiceUnavailableError, match=r"Permission denied; .*permission"):
            put(channel, ibm_mail("k2"))

    def test_killed_at_any_moment_every_mail_is_there_once_and_whole(self, folder: Path) -> None:
        keys = [f"k{number}" for number in range(150)]
        program = textwrap.dedent(
            f"""
            import sys, time
            from pathlib import Path
            from algo_trading.adapters.maildir import MaildirChannel
            from algo_trading.gateways.channels import Mail
            channel = MaildirChannel(Path({str(folder)!r}))
            print("ready", flush=True)
            with channel.session() as session:
                for key in {keys!r}:
                    content = f"Message-ID: <{{key}}@localhost>\\r\\n\\r\\n" + "line\\r\\n" * 500
                    session.deliver(Mail(key, "a@localhost", "b@localhost", content.encode()))
            time.sleep(float(sys.argv[1]))
            """
        )
        for pause in (0.01, 0.03, 0.06):
            with subprocess.Popen([sys.executable, "-c", program, "60"], stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(pause)
                process.send_signal(signal.SIGKILL)
            delivered = sorted((folder / "new").glob("*"))  # none where it was killed before the first
            for mail in delivered[::2]:
                mail.rename(folder / "cur" / f"{mail.name}:2,S")
        subprocess.run([sys.executable, "-c", program, "0"], check=True, stdout=subprocess.DEVNULL)
        mails = read_maildir(folder)
        assert sorted(str(mail["Message-ID"]) for mail in mails) == sorted(f"<{key}@localhost>" for key in keys)
        assert {len(mail.get_content()) for mail in mails} == {5 * 500}
        assert list((folder / "tmp").iterdir()) == []


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Root may write everywhere; act as a user who may not, in a folder that is his."""
    root = os.geteuid() == 0
    if root:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        for path in list(folder.parents)[:3]:
            path.chmod(0o755)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def read_maildir(folder: Path) -> list[EmailMessage]:
    parser: BytesParser[EmailMessage] = BytesParser(policy=policy.default)
    return [
        parser.parsebytes(path.read_bytes()) for part in ("new", "cur") for path in sorted((folder / part).iterdir())
    ]
