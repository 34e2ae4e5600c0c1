"""One outside system per file: its protocol, its limits, its errors translated into ours."""
