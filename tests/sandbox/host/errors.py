"""The one error this host raises on purpose."""


class HostError(Exception):
    """The app cannot be served; the text is a sentence for the person who started the host."""
