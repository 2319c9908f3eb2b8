"""Notices in a few sentences: about accounts of people, and what they asked for."""

from collections.abc import Callable

from algo_trading.domain.letter import Letter
from algo_trading.domain.notice import Content
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.rendering import Rendering, render
from algo_trading.notification.words import aligned, one_line

COLOR, WIDTH = "#4a5568", 560


class LetterRenderer:
    """Renders letters, which are kept with their content."""

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what is not a letter."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        try:
            letter = Letter.parse(content.details)
        except ValueError as error:
            raise UndeliverableError(f"there is no letter {content.key!r}") from error
        lines = aligned(letter.table) if letter.table else ()
        return Rendering(
            one_line(letter.subject),
            render("letter.txt.j2", letter=letter, lines=lines),
            render("letter.html.j2", letter=letter, notice=letter, color=COLOR, width=WIDTH),
        )
