"""Parts of pages that a page asks for again and again: sent only where they have changed."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

NOT_MODIFIED = 304


def unless_known(request: Request, answer: Response) -> Response:
    """The answer with a mark of its content (ETag, RFC 9110), or nothing but the mark where the
    browser has that already."""
    mark = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=NOT_MODIFIED, headers={"etag": mark})
    answer.headers["etag"] = mark
    return answer
