"""Pages and the API for people and their programs, over `queries` and `services`."""
