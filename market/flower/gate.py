"""The only door from the network to a SuperLink: a reverse proxy for Flower's fleet calls.

Flower 1.41 serves its fleet, control and runtime interfaces on one port, and asks nobody who calls
the control interface for a name: whoever reaches the port may start and stop runs. So the SuperLink
listens on loopback, and this process is what nodes connect to. It passes on small POST requests to
`/v1/fleet/...` and nothing else, and speaks TLS where a certificate is given.

Run as `python -m market.flower.gate`.
"""

from __future__ import annotations

import argparse
import asyncio
import re

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MAX_REQUEST_BYTES = 256 * 1024
"""Four times the largest record: room for Flower's framing, none for floods."""
MAX_CONCURRENT = 256
REQUEST_SECONDS = 30.0

_FLEET_PATH = re.compile(r"/v1/fleet/[a-z]+(-[a-z]+)*")
_HOP_HEADERS = {
    "connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding",
    "upgrade",
}  # fmt: skip


class Gate:
    """ASGI application that forwards fleet calls to the SuperLink at `upstream` (host:port)."""

    def __init__(self, upstream: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # Connections expire before the SuperLink's own limit of 5 s, so none is found dead.
        limits = httpx.Limits(max_keepalive_connections=32, keepalive_expiry=3.0)
        self._upstream = httpx.AsyncClient(
            base_url=f"http://{upstream}",
            timeout=REQUEST_SECONDS,
            limits=limits,
            transport=transport,
            trust_env=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        # The path is matched as sent: nothing is decoded or normalised here or afterwards.
        path = request.scope["raw_path"].decode("latin-1")
        if request.method != "POST" or not _FLEET_PATH.fullmatch(path):
            return Response(status_code=404)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                body = bytearray()
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MAX_REQUEST_BYTES:
                        return Response(status_code=413)
                answer = await self._upstream.post(
                    path, content=bytes(body), headers=_end_to_end(request.headers.items())
                )
        except (httpx.TransportError, TimeoutError):
            # Nodes retry on 503: the SuperLink may just be starting again.
            return Response(status_code=503)
        response = Response(answer.content, answer.status_code)
        for name, value in _end_to_end(answer.headers.multi_items()):
            if name != "content-encoding":  # httpx has decoded the body
                response.headers.append(name, value)
        return response


def _end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_HEADERS]


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--ssl-certfile")
    parser.add_argument("--ssl-keyfile")
    arguments = parser.parse_args()
    uvicorn.run(
        Gate(arguments.upstream),
        host=arguments.host,
        port=arguments.port,
        ssl_certfile=arguments.ssl_certfile,
        ssl_keyfile=arguments.ssl_keyfile,
        lifespan="off",
        ws="none",
        log_level="warning",
        limit_concurrency=MAX_CONCURRENT,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
