"""Read models: what the command line and the web show."""
