"""Who may see the pages, and which request may change something. Pure decisions over what a request says of itself."""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one service.

    Attributes:
        host: the address it listens on.
        password: asked for by every page that shows data; empty = none, and then only this machine may look.
        public_url: where others reach it.
        token: what a form must send back, so that no page elsewhere can send it; as unguessable as a password.
    """

    host: str
    password: str = field(repr=False)
    public_url: str
    token: str = field(repr=False)

    def closed(self, host_header: str) -> str | None:
        """Why nobody who asks by this `Host` may look, whatever the password; None where the pages are open.

        Without a password the service must listen on this machine alone, and be asked by a name of this machine: any
        other name that leads here belongs to a page that makes a browser ask (DNS rebinding).
        """
        if self.password:
            return None
        if not _is_loopback(self.host):
            return "The pages show what was reported about people. Set web.password in the config to open them."
        if not _is_loopback(_hostname(f"//{host_header}")):
            return (
                f"Without web.password the pages answer only to this machine's own names, such as http://{self.host}/."
            )
        return None

    def admits(self, password: str) -> bool:
        """Whether this is the password."""
        return hmac.compare_digest(password.encode(), self.password.encode())

    def distrusts(self, headers: Mapping[str, str], token: str) -> str | None:
        """Why a request to change something may come from elsewhere than our own page; None where it does not.

        Args:
            headers: of the request, names in lower case.
            token: what the form sent.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        ours = {headers.get("host", ""), urlsplit(self.public_url).netloc} - {""}
        if site not in {"same-origin", "none"} or (origin is not None and urlsplit(origin).netloc not in ours):
            return "This verdict was sent by another site's page and is not recorded."
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return "This page is from before the service was restarted. Open the story again and repeat the verdict."
        return None


def _hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
