"""Images: the hash that names them, and what a build takes from the machine it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import images, mirror
from lab.errors import BuildFailed
from lab.images import content_hash
from lab.mirror import Mirror, Source

DEB822 = """\
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian/
Suites: bookworm
# and: more
 bookworm-updates
Components: main contrib

Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main
"""


def host(folder: Path, *, one_line: str = "", deb822: str = "", release: str = "debian") -> Mirror:
    """The mirror of a machine with these sources."""
    (folder / "sources.list.d").mkdir()
    (folder / "sources.list").write_text(one_line)
    (folder / "sources.list.d" / "debian.sources").write_text(deb822)
    (folder / "sources.list.d" / "old.sources.disabled").write_text(DEB822.replace("mirror", "disabled"))
    (folder / "os-release").write_text(f'PRETTY_NAME="x"\nID={release}\nVERSION_CODENAME="bookworm"\n')
    return mirror.host_mirror(folder, folder / "os-release")


def test_the_hash_changes_with_content_and_path() -> None:
    """A file's path and its content both count, and where one file ends and the next begins."""
    hashes = [
        content_hash(files)
        for files in (
            {"a": b"1", "b": b"2"},
            {"a": b"1", "b": b"3"},
            {"a": b"1", "c": b"2"},
            {"a": b"12", "b": b""},
            {"a": b"", "b": b"12"},
        )
    ]
    assert len(set(hashes)) == len(hashes)
    assert all(len(one) == 12 for one in hashes)


def test_the_hash_knows_no_order() -> None:
    """The order in which files are found does not matter."""
    assert content_hash({"a": b"1", "b": b"2"}) == content_hash({"b": b"2", "a": b"1"})


def test_the_tags_cover_what_the_images_copy() -> None:
    """The shim, the agent, the lock and the recipe are all part of the lab image's tag."""
    files = images.read_files(images._LAB_FILES)
    assert {
        "Dockerfile",
        "install.sh",
        "packages.lock",
        "agent/agent.py",
        "agent/questions.py",
        "clockshim/clockshim.c",
    } <= files.keys()


def test_what_is_built_in_the_checkout_is_not_copied(tmp_path: Path) -> None:
    """Compiled files beside the sources change no tag: the image compiles its own."""
    for name in ("shim.c", "shim.h", "clockshim.so", "clockprobe"):
        (tmp_path / "clockshim").mkdir(exist_ok=True)
        (tmp_path / "clockshim" / name).touch()
    patterns = tuple(pattern for pattern in images._LAB_FILES if pattern.startswith("clockshim/*"))
    assert images.read_files(patterns, tmp_path).keys() == {"clockshim/shim.c", "clockshim/shim.h"}


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    """An incomplete installation says which file it lacks."""
    with pytest.raises(BuildFailed, match=r"Dockerfile is missing: reinstall chaindrill"):
        images.read_files(("Dockerfile",), tmp_path)


def test_every_package_is_locked_to_one_version() -> None:
    """The lock names BIND and Unbound, each with a Debian version, and has a date to fetch them as of."""
    locked = images.packages_locked()
    assert {"bind9", "unbound", "nftables", "tini", "python3"} <= locked.keys()
    assert all("-" in version for version in locked.values())
    assert b"\n# snapshot 20" in images.read_files(("packages.lock",))["packages.lock"]


def test_the_mirror_is_read_from_uris_not_from_comments(tmp_path: Path) -> None:
    """In deb822 sources only enabled `deb` stanzas count, and no comment."""
    assert host(tmp_path, deb822=DEB822) == Mirror(
        "http://mirror.example/debian", "https://mirror.example/debian-security"
    )
    first = mirror.sources(tmp_path)[0]
    assert first == Source(
        "http://mirror.example/debian", ("bookworm", "bookworm-updates"), ("main", "contrib")
    )


def test_the_mirror_is_read_from_one_line_sources(tmp_path: Path) -> None:
    """One-line sources may carry options, and comments name nothing."""
    lines = (
        "# deb http://comment.example/debian bookworm main\n"
        "deb cdrom:[Debian 12]/ bookworm main\n"
        "deb [arch=amd64 signed-by=/x.gpg] http://one.example/debian bookworm main contrib # deb http://no/ x main\n"
        "deb http://one.example/debian-security bookworm-security main\n"
    )
    assert host(tmp_path, one_line=lines) == Mirror(
        "http://one.example/debian", "http://one.example/debian-security"
    )


def test_someone_elses_archive_is_no_mirror(tmp_path: Path) -> None:
    """An archive of other packages for the same release is not taken for Debian's."""
    lines = (
        "deb https://apt.vendor.example bookworm main\n"
        "deb https://download.vendor.example/linux/debian bookworm stable\n"
        "deb http://one.example/debian bookworm main\n"
    )
    assert host(tmp_path, one_line=lines).main == "http://one.example/debian"


@pytest.mark.parametrize("release", ["ubuntu", "fedora"])
def test_another_distribution_has_no_mirror_of_debian(tmp_path: Path, release: str) -> None:
    """Elsewhere Debian's own address is used."""
    assert host(tmp_path, deb822=DEB822, release=release) == Mirror()


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    """No sources at all is not an error."""
    assert mirror.sources(tmp_path) == []
    assert mirror.host_mirror(tmp_path, tmp_path / "os-release") == Mirror()


def test_files_and_disks_are_no_sources(tmp_path: Path) -> None:
    """Only what a build can reach over the network counts."""
    (tmp_path / "sources.list").write_text(
        "deb file:/srv/debian bookworm main\ndeb http://a.example/debian b main\n"
    )
    assert mirror.sources(tmp_path) == [Source("http://a.example/debian", ("b",), ("main",))]


def test_proxies_reach_the_build_in_both_spellings() -> None:
    """Either spelling of a proxy variable is handed on as both."""
    found = mirror.proxies({"HTTPS_PROXY": "http://p:3128", "no_proxy": "localhost", "http_proxy": ""})
    assert found == {
        "https_proxy": "http://p:3128",
        "HTTPS_PROXY": "http://p:3128",
        "no_proxy": "localhost",
        "NO_PROXY": "localhost",
    }


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({"http_proxy": "http://127.0.0.1:3128"}, True),
        ({"HTTPS_PROXY": "http://localhost:3128"}, True),
        ({"http_proxy": "http://proxy.example:3128", "no_proxy": "localhost"}, False),
        ({}, False),
    ],
)
def test_a_proxy_on_loopback_needs_the_hosts_network(environ: dict[str, str], needed: bool) -> None:
    """Only a proxy that listens on this machine's loopback takes the build into its network."""
    assert mirror.needs_host_network(environ) is needed


def test_go_is_told_what_this_machine_tells_it() -> None:
    """Go's settings for fetching modules are handed on, and nothing else."""
    assert mirror.go_settings({"GOPROXY": "https://goproxy.example", "GOPATH": "/x"}) == (
        "GOPROXY=https://goproxy.example\n"
    )
