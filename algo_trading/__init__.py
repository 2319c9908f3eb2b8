"""A self-hosted trading pipeline: bars in; signals, mails and paper orders out."""
