"""E-mail in the sandbox: an inbox that keeps what was sent, and an SMTP server that delivers into it.

The simulated Azure Communication Services (`tests.sandbox.microsoft.communication`) delivers into the same inbox.
"""
