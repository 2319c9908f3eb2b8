"""What a route raises where it does not answer with its page; `web.errors` answers for it."""


class RefusedError(Exception):
    """An answer that is not the page: `title` says what, `detail` what to do."""

    def __init__(self, status: int, title: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.retry_after = status, title, detail, retry_after


class LoginNeededError(Exception):
    """The route is for somebody who is logged in."""
