from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from market.flower.gate import MAX_REQUEST_BYTES, Gate


def call(
    path: str,
    body: bytes | AsyncIterator[bytes] = b"",
    method: str = "POST",
    upstream: Exception | httpx.Response | None = None,
) -> tuple[httpx.Response, list[httpx.Request]]:
    """Sends one request through a gate; returns the answer and what reached the SuperLink."""
    seen: list[httpx.Request] = []

    async def superlink(request: httpx.Request) -> httpx.Response:
        await request.aread()
        seen.append(request)
        if isinstance(upstream, Exception):
            raise upstream
        return upstream or httpx.Response(200, content=b"reply", headers={"x-flwr": "1"})

    async def exchange() -> httpx.Response:
        gate = Gate("127.0.0.1:1", transport=httpx.MockTransport(superlink))
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://gate") as client:
            headers = {"x-signature": "s", "connection": "close"}
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(exchange()), seen


def test_fleet_calls_pass_in_both_directions() -> None:
    answer, seen = call("/v1/fleet/pull-messages", b"request")
    assert (answer.status_code, answer.content, answer.headers["x-flwr"]) == (200, b"reply", "1")
    assert len(seen) == 1
    assert seen[0].url == "http://127.0.0.1:1/v1/fleet/pull-messages"
    assert seen[0].content == b"request"
    assert seen[0].headers["x-signature"] == "s"


def test_refusals_of_the_superlink_pass() -> None:
    answer, _ = call("/v1/fleet/get-run", upstream=httpx.Response(403, content=b"{}"))
    assert (answer.status_code, answer.content) == (403, b"{}")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/v1/control/start-run",
        "/v1/runtime/acquire-task",
        "/v1/fleet/",
        "/v1/fleet/pull-messages/",
        "/v1/fleet/pull-messages/../../control/start-run",
        "/v1/fleet/%2e%2e/control/start-run",
        "/v1/fleet/..%2fcontrol%2fstart-run",
        "/v1/fleet//../control/start-run",
        "//v1/fleet/pull-messages",
        "/V1/FLEET/pull-messages",
    ],
)
def test_nothing_else_reaches_the_superlink(path: str) -> None:
    answer, seen = call(path)
    assert answer.status_code == 404
    assert seen == []


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS"])
def test_only_post_passes(method: str) -> None:
    answer, seen = call("/v1/fleet/pull-messages", method=method)
    assert answer.status_code == 404
    assert seen == []


def test_a_body_over_the_limit_is_refused_even_when_its_length_is_not_announced() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_REQUEST_BYTES // 1024):
            yield bytes(1024)
        yield b"x"

    answer, seen = call("/v1/fleet/push-object", chunks())
    assert answer.status_code == 413
    assert seen == []
    answer, seen = call("/v1/fleet/push-object", bytes(MAX_REQUEST_BYTES))
    assert answer.status_code == 200
    assert len(seen[0].content) == MAX_REQUEST_BYTES


def test_an_absent_superlink_is_reported_as_temporary() -> None:
    answer, _ = call("/v1/fleet/pull-messages", upstream=httpx.ConnectError("refused"))
    assert answer.status_code == 503
