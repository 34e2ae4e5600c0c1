"""The main job: save, test, ask."""

from tests.journeys.api import Api, Company


def test_a_saved_and_tested_customer_gets_free_busy(api: Api, ready: Company):
    answer = api.schedule(ready)

    assert answer.status_code == 200
    (ada,) = answer.json()["value"]
    assert ada["availabilityView"] == "02" + "0" * 22
    assert [item["status"] for item in ada["scheduleItems"]] == ["busy"]
    assert "Secret plans" not in answer.text
