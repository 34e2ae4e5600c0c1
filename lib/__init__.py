"""The calendar connector.

    settings.py    the only reader of the environment; setting_values.py has its checks
    bootstrap/     the only place that builds objects: settings, then adapters, then use cases
    ports/         what the use cases need from outside
    telemetry.py   one structured line per invocation, redacted
    domain/        the words of the business; pure, standard library only
    usecases/      one verb per file, and what several of them need; takes ports and values
    adapters/      one outside system per file; its errors become ours
    web/           reading requests, replies and pages; with function_app.py the only one to know azure.functions

Imports point one way: domain <- ports <- usecases <- bootstrap <- function_app; adapters and web know the domain and
never the use cases (tests/repo/test_imports.py holds this).
"""
