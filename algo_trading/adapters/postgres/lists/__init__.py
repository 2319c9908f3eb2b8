"""Lists for the pages, in PostgreSQL: each implements `queries.pages.PagedList`."""
