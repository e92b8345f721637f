"""How one request is made: proxies, TLS, its deadline, and every way in which it can fail."""
