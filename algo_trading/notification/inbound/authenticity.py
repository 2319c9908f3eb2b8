"""Whether a mail comes from whom it says: what the receiving server found out (RFC 8601)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
RESULT = re.compile(r"\s*([a-z0-9_-]+)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
PROPERTY = re.compile(r"([a-z]+\.[a-z0-9_-]+)\s*=\s*(\"[^\"]*\"|[^\s;]+)", re.IGNORECASE)
OK = ""
LONGEST = 10_000  # characters of a header


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one method, such as dkim, with what it is about."""

    method: str
    result: str
    about: dict[str, str]

    def domain(self, name: str) -> str:
        """The domain that a property names, bare or of an address; empty where there is none."""
        return self.about.get(name, "").strip('"').rpartition("@")[2].rstrip(".").lower()


def doubt_about(domain: str, headers: Sequence[str], authserv_id: str) -> str:
    """Why a mail of this domain may be somebody else's; empty where the receiving server confirms it.

    `headers` are the Authentication-Results of the mail, the topmost first. Servers put theirs above what came in, so
    the first one of `authserv_id` is genuine, and any further one may have been in the mail as it came. DMARC decides
    where the domain has it; else a signature (DKIM) or an envelope (SPF) of this very domain does.
    """
    own = next((one for one in map(_parts, headers) if one and _names(one[0], authserv_id)), None)
    if own is None:
        return f"{authserv_id} has not looked at it"
    findings = [found for part in own[1:] if (found := _finding(part)) is not None]
    dmarc = next((one for one in findings if one.method == "dmarc" and one.result != "none"), None)
    if dmarc is not None:
        if dmarc.result == "pass" and dmarc.domain("header.from") == domain:
            return OK
        return f"dmarc={dmarc.result} of {dmarc.domain('header.from') or 'nobody'}"
    for one in findings:
        signer = one.domain("header.d") or one.domain("header.i")
        if one.method == "dkim" and one.result == "pass" and signer == domain:
            return OK
        if one.method == "spf" and one.result == "pass" and one.domain("smtp.mailfrom") == domain:
            return OK
    said = ", ".join(f"{one.method}={one.result}" for one in findings) or "nothing"
    return f"neither dmarc, dkim nor spf passes for {domain} ({said})"


def _parts(header: str) -> list[str]:
    text = " ".join(header[:LONGEST].split())
    while text != (bare := COMMENT.sub(" ", text)):  # comments may hold others
        text = bare
    return text.split(";")


def _names(first: str, authserv_id: str) -> bool:
    """Whether the beginning of a header, an identity and perhaps a version, is of this server."""
    words = first.split()
    return bool(words) and words[0].strip('"').lower() == authserv_id.lower()


def _finding(part: str) -> Finding | None:
    match = RESULT.match(part)
    if match is None:
        return None
    about = {name.lower(): value for name, value in PROPERTY.findall(part)}
    return Finding(match[1].lower(), match[2].lower(), about)
