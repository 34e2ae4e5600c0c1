"""The timer that keeps connections alive must not stop for a row that somebody spoilt."""

from tests.journeys.api import Api, Company
from tests.journeys.attacker import connect, connection_of, new_office, put_row, rows_of, tables
from tests.journeys.test_attacks_changes import keep_alive, make_due
from tests.sandbox.stack import Stack


def test_one_damaged_row_of_a_customer_stops_nobody_elses_renewal(stack: Stack, api: Api):
    companies: list[Company] = [new_office(stack, api) for _ in range(2)]
    companies.sort(key=lambda company: company.customer)
    for company in companies:
        assert connect(stack, api, company, company.recruiter).status_code == 200
    due = [make_due(stack, company) for company in companies]
    (row,) = rows_of(stack, "customers", companies[0].customer)
    put_row(stack, "customers", row | {"newest": "{"})

    try:
        assert keep_alive(stack)
        assert connection_of(stack, companies[1], companies[1].recruiter)["renewedAt"] > due[1]["renewedAt"]
        assert connection_of(stack, companies[0], companies[0].recruiter)["sealed"] == due[0]["sealed"]
    finally:
        with tables(stack) as service:
            service.get_table_client("customers").delete_entity(row["PartitionKey"], row["RowKey"])
