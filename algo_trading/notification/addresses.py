"""The one rule for mail addresses."""

# Names within a machine or a network, which email-validator refuses as domains; mail to them is delivered all the same.
LOCAL = {"localhost", "local", "test"}


def check_address(text: str) -> str:
    """The address as it is. Addresses within a network (trader@localhost) and in other alphabets are valid.

    Raises:
        ValueError: it is not one plain email address; the message says what is wrong with it.
    """
    from email_validator import EmailNotValidError, validate_email

    if "=?" in text:
        raise ValueError(f"{text!r} is not a valid email address: parsers of mail headers take =? for an encoded word")
    is_local = text.rpartition("@")[2].rpartition(".")[2].lower() in LOCAL
    try:
        validate_email(
            f"{text}.internal" if is_local else text,
            strict=True,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is not a valid email address: {error}") from None
    return text
