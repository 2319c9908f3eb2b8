"""Names in texts replaced by placeholders, so that no name carries a sentiment of its own."""

from collections.abc import Sequence

NAME, TARGET, OTHER = "xxname", "xxtarget", "xxother"  # words of the lexicon with roles of their own
NAMED_FROM = 0.5  # confidence from which a match is taken for a name
SIGNS = "$#"

Span = tuple[int, int]


def names_in(texts: Sequence[str]) -> list[list[Span]]:
    """Where the packaged names stand in texts, for callers that have not looked for names themselves."""
    from algo_trading.sentiment.mentions.finder import packaged_finder

    return [
        [(match.start, match.end) for match in matches if match.confidence >= NAMED_FROM]
        for matches in packaged_finder().find(texts)
    ]


def masked(text: str, spans: Sequence[Span]) -> str:
    """The text with NAME in place of what stands at the spans."""
    return replaced(text, [(span, NAME) for span in spans]) if spans else text


def replaced(text: str, marks: Sequence[tuple[Span, str]]) -> str:
    """The text with the word of each mark in place of its span and of a sign ($ or #) before it; of two the first."""
    pieces, done = [], 0
    for (start, end), word in sorted(marks):
        if start < done or start == end:
            continue
        signed = start > done and text[start - 1] in SIGNS
        pieces += [text[done : start - signed], word]
        done = end
    return "".join((*pieces, text[done:]))
