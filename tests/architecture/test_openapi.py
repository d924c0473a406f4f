"""Every call of every tier's API with generated input: never a server error, always a problem."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from jichitai.kernel.parties import Tier
from jichitai.web import csrf
from jichitai.web.rights import Role
from tests.conftest import TOWN
from tests.running import Running

OF_A_BODY = (
    Role.SECURITY_OFFICER,
    Role.POLICY_ADOPTER,
    Role.SECURITY_AUDITOR,
    Role.STANDARDISATION_OFFICER,
)
ROLES = {
    Tier.TOWN: (Role.CLERK, Role.APPROVER, Role.TOWN_OPERATOR, *OF_A_BODY),
    Tier.PREFECTURE: (
        Role.PREFECTURE_OPERATOR,
        Role.SECURITY_SUPERVISOR,
        Role.SOC_ANALYST,
        Role.STANDARDISATION_SUPERVISOR,
        *OF_A_BODY,
    ),
    Tier.NATION: (Role.NETWORK_OPERATOR, Role.ORGAN_OFFICER, Role.LOG_AUDITOR),
    Tier.MINISTRY: (
        Role.MINISTRY_OFFICER,
        Role.EVALUATION_OFFICER,
        Role.EVALUATION_APPROVER,
        Role.EVALUATION_EXPERT,
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.filterwarnings("ignore")
def test_no_input_makes_a_server_error(running: Running, tier: Tier) -> None:
    """schemathesis over the published description, as staff with every role of the tier.

    What a prefecture calls as a body of its own is the code of the town's tier, and tried there.
    """
    token = running.session(
        tier,
        *ROLES[tier],
        municipality=TOWN if tier is Tier.TOWN else None,
        prefecture=TOWN[:2] if tier is Tier.PREFECTURE else None,
        organ_id="head" if tier in (Tier.TOWN, Tier.PREFECTURE) else None,
    )
    headers = {
        "cookie": f"{running.cookie(tier)}={token}",
        csrf.HEADER: csrf.token_for(token),
        "origin": running.origin(tier),
    }
    tried_before = _described(running, Tier.TOWN) if tier is Tier.PREFECTURE else set()
    tried = 0
    with requests.Session() as session:
        session.trust_env = False  # looks for proxies and passwords of every host at every call
        for operation in _operations(running, tier):
            if (operation.method, operation.path) in tried_before:
                continue
            tried += 1
            _try(operation, headers, session)
    assert tried >= 3


def _described(running: Running, tier: Tier) -> set[tuple[str, str]]:
    with running.client(tier) as client:
        paths = client.get("/openapi.json").json()["paths"]
    return {(method, path) for path, methods in paths.items() for method in methods}


def _operations(running: Running, tier: Tier) -> Iterator[Any]:
    schema = schemathesis.openapi.from_url(f"{running.origin(tier)}/openapi.json", timeout=60)
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a broken operation raises here
        if operation.path != "/sign-out":
            yield operation


def _try(operation: Any, headers: dict[str, str], session: requests.Session) -> None:
    failures: list[str] = []
    asked: set[str] = set()

    @settings(
        max_examples=6,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        if operation.method == "get":  # cases may differ in no more than the cookie, which is ours
            question = repr((case.formatted_path, case.query, case.headers))
            if question in asked:
                return
            asked.add(question)
        answer = case.call(headers=headers, session=session, timeout=60)
        if answer.status_code >= 500 and answer.status_code != 503:
            query = answer.request.url.partition("?")[2] if answer.request.url else ""
            failures.append(f"{operation.method} {operation.path}?{query} -> {answer.status_code}")
        if answer.status_code >= 400 and not operation.path.startswith("/oauth/"):
            kind = answer.headers.get("content-type", [""])[0]
            assert kind.startswith("application/problem+json"), (operation.path, kind)

    attempt()
    assert failures == []
