"""`python -m tests.bench.many_rows N`: write the rows of N customers into the table that the settings name.

Through the function app's own adapter, side by side; a process of its own, since the SDK reads at its import whom to
trust. Prints the number when it is done.
"""

import asyncio
import os
import sys
from collections.abc import Iterator

from lib.adapters.azure import azure_credential
from lib.adapters.customer_rows import TABLE, CustomerRows
from lib.adapters.tables import Tables
from tests.bench.many_customers import One, customers, stored

_SIDE_BY_SIDE = 16


async def _write(number: int) -> None:
    async with azure_credential(None) as credential:
        tables = Tables(connection_string=None, endpoint=os.environ["TABLES_ENDPOINT"], credential=credential)
        rows, left = CustomerRows(tables.open(TABLE)), customers(number)
        try:
            await _some(rows, iter([next(left)]))  # makes the table
            await asyncio.gather(*(_some(rows, left) for _ in range(_SIDE_BY_SIDE)))
        finally:
            await tables.close()


async def _some(rows: CustomerRows, left: Iterator[One]) -> None:
    for one in left:
        await rows.write(stored(one), None)


if __name__ == "__main__":
    asyncio.run(_write(int(sys.argv[1])))
    sys.stdout.write(sys.argv[1] + "\n")
