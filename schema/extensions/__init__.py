"""What stands around every operation: document cache, checks before it runs, deadline, masking."""
