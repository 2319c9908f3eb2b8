"""Implementations of the repository protocols, one module or folder per technology."""
