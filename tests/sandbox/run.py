"""make run: the sandbox, left running to click through."""

import asyncio
import signal

from aiohttp import web

from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack, offer_basic
from tests.sandbox.start_page import StartPage
from tests.sandbox.world import demo as world
from tests.sandbox.world.applications import READ_OWNED

USUAL_PORT = 7071  # that of Azure's own local host, and of the README's calls


def prepare(stack: Stack) -> dict[str, str | None]:
    """Offer Basic, and let Contoso's application ask for the role with which it reads when its own secrets end."""
    contoso = stack.world.tenants[world.CONTOSO].applications[world.CONTOSO_APPLICATION]
    contoso.registered_roles.add(READ_OWNED)
    return offer_basic(stack)


async def serve(stack: Stack) -> None:
    """Serve the start page until Ctrl+C or SIGTERM."""
    runner = web.AppRunner(StartPage(stack).application())
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "localhost", port).start()
    print(f"\nFor the README's calls:\n   URL={stack.public_url}\n   KEY=sandbox")
    print(f"\nStart here: http://localhost:{port}/\nStop with Ctrl+C.", flush=True)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await runner.cleanup()


def main() -> None:
    """Start the sandbox and serve its start page."""
    print("Starting the sandbox", flush=True)
    with Stack(say=lambda line: print(f"   {line}", flush=True), settings=prepare, port=USUAL_PORT) as stack:
        asyncio.run(serve(stack))
        print("Stopping", flush=True)


if __name__ == "__main__":
    main()
