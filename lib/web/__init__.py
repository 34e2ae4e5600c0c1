"""Reading requests, writing replies, pages: all that knows azure.functions besides function_app."""
