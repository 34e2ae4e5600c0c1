"""A simulated Microsoft on real HTTPS: Entra ID, Graph, Key Vault, App Service's managed identity endpoint, and e-mail.

It follows Microsoft's documented and observed behaviour, traps included (facts: microsoft.md), so that the product runs
against it unchanged, reached by settings only. `python -m tests.sandbox.microsoft` runs it as a process of its own.
"""

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.chaos import Chaos
from tests.sandbox.microsoft.faults import Fault, asks_for
from tests.sandbox.microsoft.simulator import SimulatedMicrosoft

__all__ = ["Chaos", "Fault", "SeenRequest", "SimulatedMicrosoft", "asks_for"]
