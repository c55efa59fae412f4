"""Which certificate a TLS server shows."""

import ssl
from contextlib import suppress

from cryptography import x509


def shown(tls: ssl.SSLContext, name: str | None = None) -> x509.Certificate:
    """What whoever asks by that name is shown, in a handshake in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(down, up, server_hostname=name)
    answering = tls.wrap_bio(up, down, server_side=True)
    for side in (asking, answering, asking):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return x509.load_der_x509_certificate(asking.getpeercert(binary_form=True) or b"")
