"""How a door joins a hub: it knows the hub by its fingerprint before it shows its code.

The authority's certificate is asked for over a connection that trusts nobody, and counts only if
it has the fingerprint that the owner read at the hub. The code goes over a connection that trusts
that authority alone.
"""

import hashlib
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from accessctl.errors import HubError, InputError
from accessctl.sync.client import HubConnection
from accessctl.sync.identity import (
    KnownHub,
    Membership,
    is_certificate_for,
    keep_membership,
    load_membership,
    pending_key,
    pinned,
    signing_request,
)
from accessctl.sync.wire import AUTHORITY, JOIN, AuthorityAnswer, JoinAnswer, JoinRequest

FINGERPRINT = re.compile(r"(?:SHA256:)?((?:[0-9A-F]{2}:?){31}[0-9A-F]{2})", re.ASCII)


def fingerprint_in(text: str) -> bytes:
    """The 32 bytes of a fingerprint as the hub prints it, in any case; InputError."""
    found = FINGERPRINT.fullmatch(text.strip().upper())
    if found is None:
        raise InputError(
            "The fingerprint is SHA256: and 64 hex digits, as `accessctl hub invite` prints it; "
            "copy all of it."
        )
    return bytes.fromhex(found[1].replace(":", ""))


def hub_url(text: str) -> str:
    """https://HOST or https://HOST:PORT without anything behind it; InputError."""
    try:
        parts = urlsplit(text.strip())
        is_hub = parts.scheme == "https" and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        is_hub = False
    if not is_hub or parts.username is not None or parts.path.strip("/") or parts.query:
        raise InputError(f"{text!r} is no hub's address; write it as https://hub:8443")
    return f"https://{parts.netloc}"


def join(url: str, fingerprint: bytes, code: str, folder: Path) -> Membership:
    """Make this door one of the hub's, and keep what that takes in `folder`.

    An answer that is lost can be asked for again with the same code. HubError where the hub is
    another one, cannot be reached or refuses; FaultError where nothing can be kept.
    """
    authority = _authority(url, fingerprint)
    key = pending_key(folder)
    with HubConnection(url, pinned(authority)) as hub:
        request = JoinRequest(code=code, csr=signing_request(key))
        answer = hub.ask("POST", JOIN, JoinAnswer, request)
    if not is_certificate_for(answer.certificate, key):
        raise HubError(
            f"The hub {url} gave a certificate that is not this door's; nothing is kept."
        )
    known = KnownHub(name=answer.name, authority=authority, receipts=answer.receipts)
    keep_membership(folder, key, answer.certificate, known)
    membership = load_membership(folder)
    if membership is None:
        raise HubError(f"What was kept in {folder} is gone again; join anew.")
    return membership


def _authority(url: str, fingerprint: bytes) -> str:
    """The hub's authority (PEM) if it has that fingerprint; HubError."""
    # It is known by its fingerprint, and nothing secret is said before that was compared.
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.minimum_version = ssl.TLSVersion.TLSv1_3
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    with HubConnection(url, anybody) as stranger:
        pem = stranger.ask("GET", AUTHORITY, AuthorityAnswer).certificate
    try:
        content = ssl.PEM_cert_to_DER_cert(pem)
    except ValueError as error:
        raise HubError(f"The hub {url} has no authority; is it an accessctl hub?") from error
    if hashlib.sha256(content).digest() != fingerprint:
        raise HubError(
            f"What answers at {url} is not the hub with that fingerprint; nothing was told to it. "
            "Compare the fingerprint with `accessctl hub invite`; if it is right, somebody stands "
            "between."
        )
    return ssl.DER_cert_to_PEM_cert(content)
