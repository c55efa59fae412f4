"""A provider of OpenID Connect on this machine, which signs everybody in as whom it is told."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "accessctl-console", "a secret of the client"


class Provider:
    """`claims` is what it says of whoever signs in; `now` the time that it puts into its tokens."""

    def __init__(self, url: str, now: float) -> None:
        self.url = url
        self.now = now
        self.claims: dict[str, Any] = {
            "sub": "user-1",
            "email": "ada@example.org",
            "email_verified": True,
        }
        self.key = ECKey.generate_key("P-256", {"kid": "1", "alg": "ES256", "use": "sig"})
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "1"}
        self.signed_by: Any = self.key
        self.asked: dict[str, dict[str, str]] = {}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where it sends the browser back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["scope"].split() == ["openid", "email"]
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.asked)}"
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """What it answers, None where it refuses; each code once."""
        query = self.asked.pop(form["code"], None)
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if query is None or authorization != expected or shown != query["code_challenge"]:
            return None
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": query["nonce"],
        }
        token = jwt.encode(self.header, claims | self.claims, self.signed_by, list(ANY))
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}


ANY = ("ES256", "HS256", "none")


@contextmanager
def provider(now: float) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self._answer(200, made.metadata())
            elif parts.path == "/keys":
                self._answer(200, {"keys": [made.key.as_dict(private=False)]})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            form = {
                key: value[0] for key, value in parse_qs(self.rfile.read(length).decode()).items()
            }
            answer = made.token(form, self.headers.get("authorization", ""))
            self._answer(400 if answer is None else 200, answer or {"error": "invalid_grant"})

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Provider(f"http://127.0.0.1:{server.server_address[1]}", now)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
