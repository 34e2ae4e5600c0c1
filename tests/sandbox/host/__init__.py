"""A local Azure Functions host: serves ``function_app.py`` as Azure does, in one process, without Azure.

Microsoft's own worker library loads and invokes the functions; this package does what Azure's C# host does around
it: routes, keys, timers, the admin API.
"""
