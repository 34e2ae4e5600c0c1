"""Clients that all ask the same of Graph, or of our function: each as its users would write it, in its own process.

`python -m tests.bench.clients` runs one of them. Each has a module that is imported only there: some take seconds.
"""
