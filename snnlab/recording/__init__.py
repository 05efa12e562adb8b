"""What a run leaves behind: spikes and traces, kept in memory or handed on as they come."""
