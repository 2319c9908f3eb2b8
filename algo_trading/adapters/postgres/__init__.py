"""The market database on PostgreSQL."""
