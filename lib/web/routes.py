"""How a piece of work becomes an HTTP function of Azure's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import azure.functions as func

from lib.web import edge
from lib.web.edge import Work

Serve = Callable[[func.HttpRequest, str, str, Work], Awaitable[func.HttpResponse]]


@dataclass(frozen=True)
class Function:
    """An HTTP function as it is registered. `key`: whether callers need a function key."""

    name: str
    template: str
    methods: tuple[str, ...]
    key: bool


@dataclass(frozen=True)
class Routes:
    """Registers functions with a function app, and keeps what it registered."""

    app: func.FunctionApp
    functions: list[Function] = field(default_factory=list)

    def route(
        self, template: str, *methods: str, key: bool = True, serve: Serve = edge.respond, name: str | None = None
    ) -> Callable[[Work], Work]:
        """Register the work below as a function of its own name, with a function key unless `key` is False."""

        def register(work: Work) -> Work:
            function = name or work.__name__

            async def handler(req: func.HttpRequest) -> func.HttpResponse:
                return await serve(req, function, template, work)

            handler.__name__ = function
            handler.__doc__ = work.__doc__
            level = func.AuthLevel.FUNCTION if key else func.AuthLevel.ANONYMOUS
            named = self.app.function_name(function)
            named(self.app.route(route=template, methods=methods, auth_level=level)(handler))
            self.functions.append(Function(function, template, methods, key))
            return work

        return register
