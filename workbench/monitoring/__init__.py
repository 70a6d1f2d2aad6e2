"""What Prometheus reads of a workspace: runs, schedules and messages, counted where their rows lie."""
