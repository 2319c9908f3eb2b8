"""How symbols are spelled."""


def normal_symbol(text: str) -> str:
    """The spelling of a symbol under which everything is stored: `brk.b` means BRK.B.

    Whatever reads a symbol from outside (a file, a source, the configuration, the command line) calls this once.
    """
    return text.upper()
