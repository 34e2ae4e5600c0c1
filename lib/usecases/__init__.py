"""One verb per file: what the functions do, said with ports and values."""
