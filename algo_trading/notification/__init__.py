"""Signals put into words and pictures: mails."""
