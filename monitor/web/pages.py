"""The HTTP routes. The only importer of FastAPI.

GET changes nothing: mail scanners and chat previews open every link. A verdict is a POST from a form of ours.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, HTTPException, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect

from monitor.adapters.hub import CALLBACKS
from monitor.adapters.templates import source
from monitor.errors import InputError, StorageError
from monitor.web.access import Access
from monitor.web.callback import NOT_NOW, RETRY_AFTER, Callback
from monitor.web.desk import Desk, notice_page
from monitor.web.health import Health, without_folders
from monitor.web.metrics import Metrics
from monitor.web.throttle import Throttle

HealthCheck = Callable[[], Awaitable[Health]]

FORM_BYTES = 10_000

READ = ["GET", "HEAD"]  # scanners ask for the head first, and call a link broken that has none

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # other sites learn nothing; with "no-referrer" a form names no origin
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


def create_app(
    check: HealthCheck,
    metrics: Metrics,
    access: Access,
    desk: Desk,
    callback: Callback | None = None,
    throttle: Throttle | None = None,
) -> FastAPI:
    """The application: `/healthz` is open to all, the rest asks for the password (any user name) where one is set."""
    app = FastAPI(title="trafficking-recruitment alert monitor", docs_url=None, redoc_url=None, openapi_url=None)
    asking = Depends(_asking_for(access, throttle or Throttle()))
    _add_manners(app)
    _add_figures(app, check, metrics, [asking] if access.password else [])
    _add_stories(app, desk, access, [asking])
    if callback:
        _add_callback(app, callback)

    @app.get("/style.css")
    async def style() -> Response:
        return Response(source("style.css"), media_type="text/css")

    return app


def _add_manners(app: FastAPI) -> None:
    """Security headers on every answer, and every refusal as a page that says what to do."""

    @app.middleware("http")
    async def add_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(AnyHTTPException)
    async def refuse(request: Request, error: AnyHTTPException) -> Response:
        return _notice(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, _: RequestValidationError) -> Response:
        return _notice(request, 404, "There is no such page.")

    @app.exception_handler(StorageError)
    async def cannot_read(request: Request, error: StorageError) -> Response:
        return _notice(request, 503, f"The database cannot be used now: {without_folders(str(error))}")


def _notice(request: Request, status: int, told: str, headers: Mapping[str, str] | None = None) -> Response:
    title = {401: "Password needed", 403: "Not open", 404: "Nothing here"}.get(status, "That did not work")
    root = "../" * max(request.url.path.count("/") - 1, 0)
    return HTMLResponse(notice_page(title, told, root=root), status, headers)


def _add_figures(app: FastAPI, check: HealthCheck, metrics: Metrics, guarded: list[params.Depends]) -> None:
    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        health = await check()
        facts = {name: _plain(value) for name, value in asdict(health.facts).items()}
        body = {"status": health.status, "problems": list(health.problems), **facts}
        return JSONResponse(body, status_code=200 if health.serving else 503)

    @app.get("/metrics", dependencies=guarded)
    async def show_metrics() -> Response:
        return Response(metrics.render(await check()), media_type=metrics.content_type)


def _add_stories(app: FastAPI, desk: Desk, access: Access, guarded: list[params.Depends]) -> None:
    @app.api_route("/", methods=READ, dependencies=guarded)
    async def recent() -> Response:
        return HTMLResponse(await desk.recent())

    @app.api_route("/stories/{story_id}", methods=READ, dependencies=guarded)
    async def story(story_id: int, saved: int | None = None) -> Response:
        page = await desk.story(story_id, saved)
        if page is None:
            raise HTTPException(404, f"There is no story {story_id}; it may have been pruned, see retention.hits.")
        return HTMLResponse(page)

    @app.post("/stories/{story_id}", dependencies=guarded)
    async def judge(story_id: int, request: Request) -> Response:
        form = await _form(request)
        if fault := access.distrusts(request.headers, form.get("token", "")):
            raise HTTPException(403, fault)
        item, verdict = form.get("item", ""), form.get("verdict", "")
        if not (item.isascii() and item.isdigit() and len(item) < 19) or verdict not in {"yes", "no"}:
            raise HTTPException(400, "A verdict names an item and says yes or no.")
        try:
            await desk.judge(story_id, int(item), form.get("signal", ""), verdict == "yes")
        except InputError as error:
            raise HTTPException(400, f"Not recorded: {error}") from error
        # Relative, since a proxy may serve the pages below a path of its own.
        return RedirectResponse(f"{story_id}?saved={item}#item-{item}", 303)


def _add_callback(app: FastAPI, callback: Callback) -> None:
    """Where hubs call, open to all who know the path; the one GET that changes something, as WebSub has it."""

    @app.get(f"/{CALLBACKS}/{{path}}")
    async def question(path: str, request: Request) -> Response:
        answer = await callback.question(path, request.query_params)
        if answer is None:
            raise HTTPException(404, "Nothing was asked for here.")
        return PlainTextResponse(answer)

    @app.post(f"/{CALLBACKS}/{{path}}")
    async def push(path: str, request: Request) -> Response:
        try:
            status = await callback.push(path, request.headers, request.stream())
        except ClientDisconnect:
            status = NOT_NOW
        return Response(status_code=status, headers={"Retry-After": RETRY_AFTER} if status == NOT_NOW else None)


def _asking_for(access: Access, throttle: Throttle) -> Callable[[Request], Awaitable[None]]:
    async def verify(request: Request) -> None:
        if fault := access.closed(request.headers.get("host", "")):
            raise HTTPException(403, fault)
        header = request.headers.get("authorization", "")
        if not access.password:
            return
        address = request.client.host if request.client else ""
        if header and (seconds := throttle.wait(address)):  # before a look at the password, which may be right
            told = f"Too many wrong passwords came from your address. Wait {seconds} seconds."
            raise HTTPException(429, told, {"Retry-After": str(seconds)})
        given = _given_password(header)
        if not access.admits(given):
            if header:  # browsers ask without one first
                throttle.note(address, given)
            challenge = {"WWW-Authenticate": 'Basic realm="monitor", charset="UTF-8"'}
            raise HTTPException(
                401, "Any user name will do, with the password of the config (web.password).", challenge
            )

    return verify


def _given_password(header: str) -> str:
    """The password of a Basic `Authorization` header, RFC 7617; empty where there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; the last of each name counts."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise HTTPException(413, "That is too much for a verdict.")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError as error:
        raise HTTPException(400, "That is no verdict.") from error
    return {name: values[-1] for name, values in fields.items()}


def _plain(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else value
