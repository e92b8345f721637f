"""When to ask and what is known: pacing, one request for all who wait, accounts side by side, whole pages."""
