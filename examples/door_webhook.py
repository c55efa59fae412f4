"""A door behind a web hook: door_webhook.py config.yaml.

The server stands for the machine beside the lock: it opens for a message that the door signed,
that is fresh, and that it has not seen before. The key is in webhook.key, beside config.yaml.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import yaml

import accessctl

config = Path(sys.argv[1]).resolve()
key_file = config.with_name("webhook.key")
if not key_file.exists():
    key_file.touch(mode=0o600)
    key_file.write_bytes(base64.b64encode(secrets.token_bytes(32)))
KEY = key_file.read_bytes().strip()
seen: set[str] = set()


class Lock(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65536))
        stamp = self.headers.get("X-Accessctl-Timestamp", "0")
        expected = hmac.new(KEY, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        given = self.headers.get("X-Accessctl-Signature", "")
        signed = hmac.compare_digest(f"sha256={expected}".encode(), given.encode())
        good = signed and abs(time.time() - int(stamp)) < 30
        if good and (message := json.loads(body))["delivery"] not in seen:
            seen.add(message["delivery"])
            print("open for", message["person"], flush=True)
        self.send_response(204 if good else 403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is logged: a line would name the door's address."""


server = HTTPServer(("127.0.0.1", 0), Lock)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/"
hook = {"type": "webhook", "url": address, "secret_file": str(key_file)}
content = yaml.safe_load(config.read_text(encoding="utf-8"))
content["actions"] = {"granted": [hook]}
with accessctl.open_engine(content) as engine:
    accessctl.run_door(engine)
server.shutdown()
