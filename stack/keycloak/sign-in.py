"""Signs an account of the realm `platform` in, as a browser would, and prints the claims of its ID token.

    sign-in.py USER [wrong-password | wrong-code | no-code | no-pkce | other-redirect]

Reads the environment of an instance (`set -a; . .stack/env; . .stack/steward.env`) and the account's TOTP
key on standard input. The second argument leaves the right way on purpose; then what happened instead is
printed, and the exit code is 1. Only the standard library: this runs before anything is built.
"""

import base64
import hashlib
import html
import json
import os
import pathlib
import re
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import totp


class Stopped(Exception):
    """The sign-in did not come through; says where it stopped."""


class KeepCookies(urllib.request.HTTPCookieProcessor):
    """Keycloak marks its cookies Secure; browsers send those to http://localhost, this library does not."""

    def http_response(self, request, response):
        response = super().http_response(request, response)
        for cookie in self.cookiejar:
            cookie.secure = False
        return response


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self):
        self.opener = urllib.request.build_opener(KeepCookies(CookieJar()), Stay())

    def open(self, url: str, form: dict | None = None, until: str | None = None) -> tuple[str, str]:
        """Follows redirects as far as `until`; returns the last address and its page."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        while True:
            try:
                response = self.opener.open(urllib.request.Request(url, data=data), timeout=30)
            except urllib.error.HTTPError as refused:
                response = refused
            if response.status in (301, 302, 303, 307):
                url, data = urllib.parse.urljoin(url, response.headers["Location"]), None
                if until and url.startswith(until):
                    return url, ""
                continue
            return url, response.read().decode()


def form_of(page: str, field: str) -> str:
    """The address of the form that has an input named `field`."""
    for form in re.findall(r"<form.*?</form>", page, re.S):
        if re.search(rf'name="{field}"', form):
            return html.unescape(re.search(r'action="([^"]+)"', form).group(1))
    said = re.search(r'(?:kc-feedback|instruction|alert__title)[^>]*>\s*([^<]*\w[^<]*)', page)
    title = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    text = said.group(1) if said else re.sub(r"<[^>]+>", " ", title.group(1)) if title else page[:200]
    raise Stopped(f"no field {field}: {' '.join(text.split())}")


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign_in(user: str, key: bytes, astray: str) -> dict:
    issuer, client = os.environ["STEWARD_OIDC_ISSUER"], os.environ["STEWARD_OIDC_CLIENT_ID"]
    secret = pathlib.Path(os.environ["STEWARD_OIDC_CLIENT_SECRET_FILE"]).read_text()
    callback = os.environ["STEWARD_URL"] + "/auth/callback"
    if astray == "other-redirect":
        callback = "http://localhost:1/auth/callback"
    verifier, nonce, state = (encoded(secrets.token_bytes(32)) for _ in range(3))
    query = {
        "client_id": client,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid profile email",
        "state": state,
        "nonce": nonce,
    }
    if astray != "no-pkce":
        query |= {"code_challenge": encoded(hashlib.sha256(verifier.encode()).digest()), "code_challenge_method": "S256"}

    browser = Browser()
    url, page = browser.open(f"{issuer}/protocol/openid-connect/auth?{urllib.parse.urlencode(query)}", until=callback)
    if not url.startswith(callback):
        password = "wrong" if astray == "wrong-password" else os.environ["STEWARD_STAFF_PASSWORD"]
        url, page = browser.open(form_of(page, "password"), {"username": user, "password": password}, until=callback)
    if not url.startswith(callback):
        code = totp.code(key, time.time())
        if astray == "wrong-code":
            code = f"{(int(code) + 1) % 1_000_000:06d}"
        if astray == "no-code":
            code = ""
        url, page = browser.open(form_of(page, "otp"), {"otp": code}, until=callback)
    if not url.startswith(callback):
        form_of(page, "nothing")
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    if answer.get("state") != state:
        raise Stopped("the state did not come back")
    if "code" not in answer:
        raise Stopped(f"{answer.get('error')}: {answer.get('error_description')}")
    _, body = browser.open(
        f"{issuer}/protocol/openid-connect/token",
        {
            "grant_type": "authorization_code",
            "client_id": client,
            "client_secret": secret,
            "redirect_uri": callback,
            "code": answer["code"],
            "code_verifier": verifier,
        },
    )
    tokens = json.loads(body)
    if "id_token" not in tokens:
        raise Stopped(body)
    payload = tokens["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if claims.get("nonce") != nonce:
        raise Stopped("the ID token's nonce is not the one sent")
    return claims


if __name__ == "__main__":
    try:
        print(json.dumps(sign_in(sys.argv[1], sys.stdin.buffer.read(), (sys.argv + [""])[2])))
    except Stopped as stopped:
        print(stopped)
        sys.exit(1)
