"""Answers of a load balancer itself: fixed responses, redirects, errors."""

from aiohttp import web

from signalbox_local.plane.topology import FixedResponse, ListenerSpec, Redirect

SERVER = "awselb/2.0"
REASONS = {
    400: "400 Bad Request",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


def error(status: int) -> web.Response:
    reason = REASONS[status]
    page = (
        f"<html>\r\n<head><title>{reason}</title></head>\r\n<body>\r\n<center><h1>{reason}</h1></center>\r\n"
    )
    return _answer(status, "text/html", f"{page}</body>\r\n</html>\r\n")


def fixed(spec: FixedResponse) -> web.Response:
    return _answer(spec.status, spec.content_type, spec.body)


def redirect(spec: Redirect, request: web.BaseRequest, listener: ListenerSpec) -> web.Response:
    """`#{port}` is the port that the client used, which locally is not the listener's own."""
    host, _, port = request.host.partition(":")
    asked = {
        "#{protocol}": listener.protocol.lower(),
        "#{host}": host,
        "#{port}": port or str(listener.port),
        "#{path}": request.rel_url.raw_path.removeprefix("/"),
        "#{query}": request.rel_url.raw_query_string,
    }
    path, query = _filled(spec.path, asked), _filled(spec.query, asked)
    place = (
        f"{_filled(spec.protocol, asked).lower()}://{_filled(spec.host, asked)}:{_filled(spec.port, asked)}"
    )
    answer = _answer(spec.status, "text/html", "")
    answer.headers["Location"] = f"{place}{path}?{query}" if query else f"{place}{path}"
    return answer


def _filled(template: str, asked: dict[str, str]) -> str:
    for placeholder, value in asked.items():
        template = template.replace(placeholder, value)
    return template


def _answer(status: int, content_type: str, text: str) -> web.Response:
    headers = {"Server": SERVER, "Content-Type": content_type}
    return web.Response(status=status, body=text.encode(), headers=headers)
