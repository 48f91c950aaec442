"""What an image build takes from the machine it runs on: Debian's mirror, certificates, proxies, Go's settings."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

APT = Path("/etc/apt")
RELEASE = "trixie"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
GO_VARIABLES = ("GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE")


@dataclass(frozen=True)
class Mirror:
    """Where Debian's packages come from: addresses without a slash at their end."""

    main: str = "http://deb.debian.org/debian"
    security: str = "http://deb.debian.org/debian-security"

    @property
    def https(self) -> bool:
        """Whether certificates are needed to ask it."""
        return self.main.startswith("https:") or self.security.startswith("https:")

    def sources(self) -> str:
        """The lines of a sources.list."""
        return (
            f"deb {self.main} {RELEASE} main\n"
            f"deb {self.main} {RELEASE}-updates main\n"
            f"deb {self.security} {RELEASE}-security main\n"
        )


@dataclass(frozen=True)
class Source:
    """An archive that apt on this machine is told to use."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


def host_mirror(apt: Path = APT, os_release: Path = Path("/etc/os-release")) -> Mirror:
    """The mirror of this machine where it is a Debian; Debian's own address elsewhere."""
    release = _assignments(os_release)
    if release.get("ID") != "debian":
        return Mirror()
    codename = release.get("VERSION_CODENAME", RELEASE)
    known = [source for source in sources(apt) if "main" in source.components]
    main = [source.uri for source in known if codename in source.suites]
    security = [source.uri for source in known if f"{codename}-security" in source.suites]
    # Others name their suites after Debian's releases too, and theirs is no mirror of Debian.
    main.sort(key=lambda uri: not urlsplit(uri).path.endswith("/debian"))
    default = Mirror()
    return Mirror((main or [default.main])[0], (security or [default.security])[0])


def sources(apt: Path = APT) -> list[Source]:
    """The archives that apt is told to use over the network, in both of its formats; comments don't count."""
    found: list[Source] = []
    folder = apt / "sources.list.d"
    for file in (apt / "sources.list", *sorted(folder.glob("*.list"))):
        if file.is_file():
            found += _one_line(file.read_text(errors="replace"))
    for file in sorted(folder.glob("*.sources")):
        found += _deb822(file.read_text(errors="replace"))
    return [source for source in found if urlsplit(source.uri).scheme in ("http", "https")]


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", " ", line.partition("#")[0]).split()
        if len(words) >= 4 and words[0] == "deb":
            yield Source(words[1].rstrip("/"), (words[2],), tuple(words[3:]))


def _deb822(text: str) -> Iterator[Source]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: dict[str, list[str]] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields.setdefault(name, []).extend(line.split())
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.split()
        off = [word.lower() for word in fields.get("enabled", ["yes"])] in (["no"], ["false"], ["0"])
        if "deb" in fields.get("types", []) and not off:
            for uri in fields.get("uris", []):
                suites, components = fields.get("suites", []), fields.get("components", [])
                yield Source(uri.rstrip("/"), tuple(suites), tuple(components))


def proxies(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The proxies of this machine as build arguments, in both spellings (programs differ in which they read)."""
    found: dict[str, str] = {}
    for name in PROXY_VARIABLES:
        value = environ.get(name) or environ.get(name.upper())
        if value:
            found |= {name: value, name.upper(): value}
    return found


def needs_host_network(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a proxy listens on this machine's loopback, which a build has only in the host's network."""
    hosts = {
        urlsplit(value).hostname for name, value in proxies(environ).items() if "no_proxy" not in name.lower()
    }
    return bool(hosts & {"localhost", "127.0.0.1", "::1"})


def certificates() -> bytes:
    """This machine's bundle of certificate authorities; empty where there is none.

    Behind a proxy that opens TLS, as in many companies, only the machine's own bundle knows that proxy.
    """
    bundles = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile)
    for bundle in (*bundles, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"):
        if bundle and Path(bundle).is_file():
            return Path(bundle).read_bytes()
    return b""


def go_settings(environ: Mapping[str, str] = os.environ) -> str:
    """Where this machine's Go is told to fetch modules from, as a file for GOENV."""
    return "".join(f"{name}={environ[name]}\n" for name in GO_VARIABLES if environ.get(name))


def _assignments(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
