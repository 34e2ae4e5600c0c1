"""Clients that people use with Microsoft Graph, used with our functions: another base URL, one more header, no more.

What a client sends is its own affair. Where our answer does not suit it, our answer is wrong, or the test says why not.
"""
