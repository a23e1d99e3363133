"""Into a console of a bench: by its one-time address, as who starts one at home comes in."""

from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext

from streams.accounts import link


class SignedIn:
    """A session of a console, for programs and for browsers."""

    def __init__(self, url: str, run_dir: Path) -> None:
        """Sign in; the address is good once, so one session serves a whole bench."""
        with httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as client:
            token = {"token": link.read(run_dir)}
            client.post("/api/session/link", json=token).raise_for_status()
            self.cookies = dict(client.cookies)
        self._url = url

    def client(self) -> httpx.Client:
        """Asks as who signed in."""
        return httpx.Client(base_url=self._url, cookies=self.cookies, timeout=120)

    def admit(self, context: BrowserContext) -> None:
        """Let this browser in."""
        context.add_cookies(
            [
                {"name": name, "value": value, "url": self._url}
                for name, value in self.cookies.items()
            ]
        )
