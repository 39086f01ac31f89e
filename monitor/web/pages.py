"""The HTTP routes. The only importer of FastAPI."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from monitor.web.health import Health
from monitor.web.metrics import Metrics

HealthCheck = Callable[[], Awaitable[Health]]


def create_app(check: HealthCheck, metrics: Metrics, password: str | None = None) -> FastAPI:
    """The application: `/healthz` is open to all, the rest asks for `password` (any user name) where one is set."""
    app = FastAPI(title="trafficking-recruitment alert monitor", docs_url=None, redoc_url=None, openapi_url=None)
    guarded = [Depends(_asking_for(password))] if password else []

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        health = await check()
        facts = {name: _plain(value) for name, value in asdict(health.facts).items()}
        body = {"status": health.status, "problems": list(health.problems), **facts}
        return JSONResponse(body, status_code=200 if health.serving else 503)

    @app.get("/metrics", dependencies=guarded)
    async def show_metrics() -> Response:
        return Response(metrics.render(await check()), media_type=metrics.content_type)

    return app


def _asking_for(password: str) -> Callable[[HTTPBasicCredentials], None]:
    def verify(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> None:
        if not secrets.compare_digest(credentials.password.encode(), password.encode()):
            raise HTTPException(401, "wrong password", headers={"WWW-Authenticate": "Basic"})

    return verify


def _plain(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else value
