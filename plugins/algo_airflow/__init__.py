"""What the DAGs share: when they run, how their tasks reach the services, and what happens when something fails."""
