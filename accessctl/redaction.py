"""Addresses without their secrets, for everything that people, logs and records are shown.

Passwords stand in many places of an address: before the host, in the query, in the fragment, and,
in the addresses of many recorders, in the middle of the path. What cannot be told from a secret is
hidden, too: it is better to show too little.
"""

import re
from urllib.parse import unquote

HIDDEN = "***"

WORD = re.compile(r"\S+")
SCHEME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-")
SLASHES = re.compile(r":/{1,2}(?=\S)")
# What closes an address in a sentence is none of its own.
CLOSING = ";,.:)]\"'"
# Greedy up to the last "@": an unescaped "/" or "@" inside a password must not leak its rest.
CREDENTIALS = re.compile(r"^([a-z][a-z0-9+.-]*:/{1,2})?.*@", re.IGNORECASE | re.DOTALL)
HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:/{1,2})?[^/?#]*", re.IGNORECASE)
# With what may stand between the word and the secret.
SECRET_WORD = re.compile(
    r"(?:passw(?:or)?d|passphrase|pwd|pass|token|key|secret|auth|credential)[=:/]?", re.IGNORECASE
)
HOST_AND_PORT = re.compile(r"[^:@]+(?::[0-9]+)?")
ENDS_A_HOST = "/?#"
QUERY_PART = re.compile(r"[^&;]+")


def redact(url: str) -> str:
    """`url` without what may be secret, `***` in its place.

    That is user and password, all that follows a word like "password" or "token" in the path, the
    query's values and whatever follows such a word in it, and the fragment. The host is shown.
    """
    plain = CREDENTIALS.sub(lambda found: f"{found.group(1) or ''}{HIDDEN}@", url)
    host = _host(plain)
    rest = plain[len(host) :]
    path, mark, query = rest.partition("#")[0].partition("?")
    word = SECRET_WORD.search(path)
    if word is not None:
        return host + path[: word.end()] + HIDDEN
    if SECRET_WORD.search(unquote(path)):
        return f"{host}/{HIDDEN}"
    return host + path + mark + _query(query)


def redacted_text(text: str) -> str:
    """The text with each address in it as `redact` shows it; punctuation behind one stays."""

    def shown(found: re.Match[str]) -> str:
        word = found[0]
        start = _address_in(word)
        if start is None:
            return word
        address = word[start:].rstrip(CLOSING)
        return word[:start] + redact(address) + word[start + len(address) :]

    return WORD.sub(shown, text)


def _address_in(word: str) -> int | None:
    """Where the first address in a word begins, None where there is none; in time that grows with
    the word's length, however hostile it is."""
    begin = 0
    for found in SLASHES.finditer(word):
        start = found.start()
        while start > begin and word[start - 1] in SCHEME:
            start -= 1
        while start < found.start() and not word[start].isalpha():
            start += 1
        if start < found.start():
            return start
        begin = found.end()
    return None


def unescaped(url: str) -> str | None:
    """What in the user or password of an address ends them too early, and how to write it.

    As in "write # as %23"; None where there is nothing of that kind. An "@" may also stand in the
    path or in the query of an address without a user.
    """
    _, mark, rest = url.partition("://")
    user, at, _ = rest.rpartition("@")
    authority = re.split(f"[{ENDS_A_HOST}]", user, maxsplit=1)[0]
    if not mark or not at or authority == user or "@" in authority:
        return None
    if HOST_AND_PORT.fullmatch(authority) and "#" not in user:
        return None
    found = [letter for letter in ENDS_A_HOST if letter in user]
    return "write " + " and ".join(f"{letter} as %{ord(letter):02X}" for letter in found)


def _host(plain: str) -> str:
    """Up to the path; nothing of an address without a host, such as a bare file name."""
    found = HOST.match(plain)
    host = "" if found is None else found[0]
    return host if "://" in host or "@" in host else ""


def _query(query: str) -> str:
    shown: list[str] = []
    for part in QUERY_PART.finditer(query):
        name, equals, _ = part[0].partition("=")
        before = query[part.start() - 1] if shown else ""
        word = SECRET_WORD.search(unquote(part[0]))
        if not equals:
            shown.append(before + HIDDEN)
        elif word is None:
            shown.append(f"{before}{name}={HIDDEN}")
        else:
            # "apikey=x" tells what it is, "keyx=y" a part of the key.
            shown.append(before + (f"{name}={HIDDEN}" if _ends_in_word(name) else HIDDEN))
        if word is not None:
            # An unescaped "&" may be part of what follows.
            break
    return "".join(shown)


def _ends_in_word(name: str) -> bool:
    return any(found.end() == len(name) for found in SECRET_WORD.finditer(name))
