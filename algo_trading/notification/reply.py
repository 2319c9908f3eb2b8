"""The answer to a mail with commands."""

from collections.abc import Callable
from dataclasses import dataclass

from algo_trading.domain.notice import Content
from algo_trading.domain.reply import CommandAnswer, Reply
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.rendering import Attachment, Rendering, render
from algo_trading.notification.words import one_line

COLOR, WIDTH = "#4a5568", 560


@dataclass(frozen=True)
class ReplyNotice:
    """What became of each command."""

    subject: str
    answers: tuple[CommandAnswer, ...]


class ReplyRenderer:
    """Renders replies, which are kept with their content."""

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what is not a reply."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        try:
            reply = Reply.parse(content.details)
        except ValueError as error:
            raise UndeliverableError(f"there is no reply {content.key!r}") from error
        about = one_line(reply.subject) or "your mail"
        notice = ReplyNotice(about if about.lower().startswith("re:") else f"Re: {about}", reply.answers)
        return Rendering(
            notice.subject,
            render("reply.txt.j2", notice=notice),
            render("reply.html.j2", notice=notice, color=COLOR, width=WIDTH),
            attachments=tuple(Attachment(file.name, file.csv) for one in reply.answers for file in one.files),
            answers=reply.message_id,
        )
