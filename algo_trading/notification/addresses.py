"""What a valid email address is: the one rule for subscribers, senders and recipients."""

from email.headerregistry import Address

# email-validator takes names of one's own machine and network for mistakes; a mail server at home has one of these.
PRIVATE_DOMAINS = ("localhost", "local", "test")


def email_address(text: str) -> Address:
    """Parse a bare address, name@host; whether somebody reads mails there is not asked.

    Raises:
        ValueError: with a sentence that says so.
    """
    from email_validator import EmailNotValidError, validate_email

    domain = text.rpartition("@")[2]
    private = domain.lower().rpartition(".")[2] in PRIVATE_DOMAINS
    try:
        validate_email(
            f"{text}.example" if private else text,
            strict=True,  # what RFC 5321 says of lengths, too
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is not a valid email address; write it as name@host") from error
    if text.startswith("=?"):  # readers of headers would decode it
        raise ValueError(f"{text!r} is not a valid email address; it must not begin with =?")
    username, _, domain = text.rpartition("@")
    return Address(username=username, domain=domain)
