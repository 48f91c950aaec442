"""The Docker Engine: the only module that imports docker.  Only code that needs an engine imports this one."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import docker
import docker.errors
import requests.exceptions

from lab import session, trouble
from lab.errors import BuildFailed, EngineTooOld, LabError
from lab.wait import until

OLDEST_API = (1, 41)
"""Docker Engine 20.10, which brought it."""
DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_CONNECT_SECONDS = 10
_CALL_SECONDS = 60
_SILENT_BUILD_SECONDS = 900
_SILENT_PULL_SECONDS = 20
_WHOLE_PULL_SECONDS = 600
_QUIET_SECONDS = 0.5
_REMOVAL_SECONDS = 60.0

_PROBLEMS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)

Kind = Literal["container", "network", "volume"]


@dataclass(frozen=True)
class Owned:
    """Something on the engine that carries a session's label."""

    kind: Kind
    id: str
    name: str
    session: str


class Engine:
    """A Docker Engine that answers and is new enough."""

    def __init__(self, api: Any, where: str, version: Mapping[str, Any]) -> None:
        self._api = api
        self.where = where
        self.version = str(version.get("Version", "of unknown version"))
        self.kernel = str(version.get("KernelVersion", ""))

    @classmethod
    def connect(cls) -> Engine:
        """The engine that the docker command would use (DOCKER_HOST, the current context, or the default socket).

        Raises EngineMissing, EngineForbidden or EngineTooOld.
        """
        where = os.environ.get("DOCKER_HOST") or DEFAULT_SOCKET
        try:
            api = _client(_CONNECT_SECONDS)
            where = os.environ.get("DOCKER_HOST") or _plain(str(api.base_url))
            version = api.version(api_version=False)
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            OSError,
            ValueError,
        ) as problem:
            raise trouble.why_not(where, problem, _CONNECT_SECONDS) from problem
        if _api_version(version) < OLDEST_API:
            raise EngineTooOld(
                f"the Docker Engine at {where} is {version.get('Version')} (API {version.get('ApiVersion')}): "
                "labs need 20.10 (API 1.41) or newer, so upgrade it"
            )
        api.timeout = _CALL_SECONDS
        return cls(api, where, version)

    @property
    def api(self) -> Any:
        """docker-py's client, for what only `lab.shell` asks of it."""
        return self._api

    @property
    def local(self) -> bool:
        """Whether the engine is reached through a socket of this machine."""
        return self.where.startswith(("unix:", "npipe:"))

    def root_folder(self) -> str | None:
        """Where the engine keeps its data, on its own machine."""
        return str(self._api.info().get("DockerRootDir") or "") or None

    # -- images ---------------------------------------------------------------------------------------

    def image_id(self, tag: str) -> str | None:
        """The id of a local image, or None."""
        try:
            return str(self._api.inspect_image(tag)["Id"])
        except docker.errors.ImageNotFound:
            return None

    def has_image(self, tag: str) -> bool:
        """Whether an image is there without asking a registry."""
        return self.image_id(tag) is not None

    def image_labels(self, tag: str) -> dict[str, str]:
        """An image's labels; empty where there is no such image."""
        try:
            return dict(self._api.inspect_image(tag)["Config"].get("Labels") or {})
        except docker.errors.ImageNotFound:
            return {}

    def tags(self, repository: str) -> list[str]:
        """All local tags of a repository, as repository:tag."""
        found = [tag for image in self._api.images(name=repository) for tag in image["RepoTags"] or ()]
        return sorted(tag for tag in found if tag.startswith(f"{repository}:"))

    def untag(self, tag: str) -> bool:
        """Remove a tag, and the image with its last one; False where a container still uses it."""
        try:
            self._api.remove_image(tag)
        except docker.errors.ImageNotFound:
            return True
        except docker.errors.APIError as problem:
            if problem.status_code == 409:
                return False
            raise LabError(f"the image {tag} could not be removed: {trouble.in_short(problem)}") from problem
        return True

    def prune(self, label: str) -> None:
        """Remove untagged images that carry a label, and what only they use."""
        with _said("did not remove old build stages"):
            self._api.prune_images(filters={"dangling": True, "label": label})

    def tag(self, image: str, tag: str) -> None:
        """Give an image another name."""
        repository, _, name = tag.rpartition(":")
        self._api.tag(image, repository, name)

    def pull(self, ref: str) -> bool:
        """Fetch an image from its registry; False where none answers, or it isn't there.

        Never hangs: gives up when the engine says nothing for 20 s, and after ten minutes.
        """
        repository, _, name = ref.rpartition(":")
        end = time.monotonic() + _WHOLE_PULL_SECONDS
        try:
            lines = _client(_SILENT_PULL_SECONDS).pull(repository, tag=name, stream=True, decode=True)
            for line in lines:
                if "error" in line or time.monotonic() > end:
                    return False
        except _PROBLEMS:
            return False
        return self.has_image(ref)

    def build(
        self,
        context: Mapping[str, bytes],
        dockerfile: str,
        tag: str,
        buildargs: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        host_network: bool = False,
    ) -> str:
        """Build an image from files given as path → content; returns its id.

        `on_line` gets every line of the build's output.  Raises BuildFailed with the last lines of it.
        """
        last: list[str] = []
        try:
            for text in self._build_output(context, dockerfile, tag, buildargs, host_network):
                for line in text.splitlines():
                    if line.strip():
                        last = [*last[-11:], line.rstrip()]
                        on_line(line.rstrip())
        except _PROBLEMS as problem:
            shown = "\n  ".join(last)
            raise BuildFailed(
                f"the image {tag} could not be built: {trouble.in_short(problem)}\n  {shown}"
            ) from problem
        built = self.image_id(tag)
        if built is None:
            raise BuildFailed(f"the image {tag} was built and is not there: see `docker images`")
        return built

    def _build_output(
        self,
        context: Mapping[str, bytes],
        dockerfile: str,
        tag: str,
        buildargs: Mapping[str, str],
        host_network: bool,
    ) -> Iterator[str]:
        answers = self._api.build(
            fileobj=io.BytesIO(_tar(context)),
            custom_context=True,
            dockerfile=dockerfile,
            tag=tag,
            buildargs=dict(buildargs),
            network_mode="host" if host_network else None,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=_SILENT_BUILD_SECONDS,
        )
        for answer in answers:
            if "error" in answer:
                raise docker.errors.DockerException(answer["error"].strip())
            yield answer.get("stream", "")

    def import_base(self, tar_stream: Iterable[bytes], tag: str, changes: Sequence[str]) -> None:
        """Make an image out of a root file system, given as a tar in pieces; raises BuildFailed."""
        repository, _, name = tag.rpartition(":")
        try:
            self._api.import_image_from_stream(iter(tar_stream), repository, name, changes=list(changes))
        except _PROBLEMS as problem:
            raise BuildFailed(
                f"the base image {tag} could not be imported: {trouble.in_short(problem)}"
            ) from problem
        if not self.has_image(tag):
            raise BuildFailed(f"the base image {tag} was imported and is not there: see `docker images`")

    # -- what sessions own ----------------------------------------------------------------------------

    def owned(self, of: str | None = None) -> list[Owned]:
        """All containers, networks and volumes that carry a session's label (of one session, if given).

        Raises LabError where the engine does not say.
        """
        filters = {"label": session.LABEL if of is None else f"{session.LABEL}={of}"}
        with _said("did not list what it has"):
            return self._owned(filters)

    def _owned(self, filters: dict[str, str]) -> list[Owned]:
        found = []
        for item in self._api.containers(all=True, filters=filters):
            name = (item["Names"] or [item["Id"]])[0].lstrip("/")
            found.append(Owned("container", item["Id"], name, item["Labels"][session.LABEL]))
        for item in self._api.networks(filters=filters):
            found.append(Owned("network", item["Id"], item["Name"], item["Labels"][session.LABEL]))
        for item in self._api.volumes(filters=filters)["Volumes"] or ():
            found.append(Owned("volume", item["Name"], item["Name"], item["Labels"][session.LABEL]))
        return found

    def remove(self, owned: Iterable[Owned]) -> None:
        """Remove things by force, several at once; what is gone or on its way out already is fine.

        Raises LabError for the first that stays.
        """
        things = list(owned)
        problems: list[Exception] = []
        with ThreadPoolExecutor(8) as pool:
            for kinds in (("container",), ("network", "volume")):  # what a container uses goes after it
                batch = [thing for thing in things if thing.kind in kinds]
                problems += [problem for problem in pool.map(self._remove_one, batch) if problem]
        if problems:
            raise LabError(
                f"not everything could be removed from the Docker Engine: {trouble.in_short(problems[0])}"
            )

    def _remove_one(self, thing: Owned) -> Exception | None:
        try:
            if thing.kind == "container":
                self._api.remove_container(thing.id, force=True, v=True)
            elif thing.kind == "network":
                self._api.remove_network(thing.id)
            else:
                self._api.remove_volume(thing.id, force=True)
        except docker.errors.NotFound:
            return None
        except docker.errors.APIError as refusal:
            if "already in progress" not in str(refusal):
                return Exception(trouble.in_short(refusal))
            until(
                lambda: self._gone(thing), f"the removal of {thing.name}", deadline_seconds=_REMOVAL_SECONDS
            )
        except (requests.exceptions.RequestException, OSError) as problem:
            return problem
        return None

    def _gone(self, container: Owned) -> bool:
        """Whether a container that is being removed is gone: who removes a lab is to find nothing of it after."""
        try:
            self._api.inspect_container(container.id)
        except docker.errors.NotFound:
            return True
        return False

    def remove_session(self, of: str) -> None:
        """Remove everything of a session, until nothing of it has been seen for half a second.

        A container that was being created when its creator died appears only after that.  Raises LabError
        where something is still there after a minute.
        """
        quiet_since = time.monotonic()

        def quiet() -> bool:
            nonlocal quiet_since
            try:
                left = self.owned(of)
                if left:
                    quiet_since = time.monotonic()
                    self.remove(left)
            except LabError:
                quiet_since = time.monotonic()  # the engine may be busy or restarting: look again
            return time.monotonic() - quiet_since >= _QUIET_SECONDS

        until(
            quiet,
            "everything of a session to be removed",
            deadline_seconds=_REMOVAL_SECONDS,
            interval_seconds=0.05,
        )

    def leftovers(self) -> list[Owned]:
        """What sessions left whose process is dead."""
        states: dict[str, session.Liveness] = {}
        found = self.owned()
        for thing in found:
            if thing.session not in states:
                states[thing.session] = session.liveness(thing.session, local_engine=self.local)
        return [thing for thing in found if states[thing.session] is session.Liveness.DEAD]

    def sweep(self) -> list[Owned]:
        """Remove what dead sessions left; never a live one's, nor one's that can't be seen from here."""
        dead = self.leftovers()
        if dead:
            self.remove(dead)
        return dead

    # -- one-off containers ---------------------------------------------------------------------------

    def run(self, image: str, argv: Sequence[str], **shape: Any) -> tuple[int, str]:
        """Run a program in a container of its own, remove that, and return its exit status and output.

        `shape` are docker-py's names for how the container is confined.  Raises LabError where the engine
        does not run it.
        """
        network = shape.pop("network_mode", "none")
        labels = {session.LABEL: session.current()}
        made = None
        try:
            config = self._api.create_host_config(network_mode=network, **shape)
            made = self._api.create_container(
                image, command=list(argv), host_config=config, labels=labels, user=None, entrypoint=[]
            )["Id"]
            self._api.start(made)
            status = int(self._api.wait(made)["StatusCode"])
            return status, self._api.logs(made).decode(errors="replace")
        except _PROBLEMS as problem:
            raise LabError(
                f"the Docker Engine did not run {argv[0]} in {image}: {trouble.in_short(problem)}"
            ) from problem
        finally:
            if made is not None:
                self._remove_one(Owned("container", made, made, labels[session.LABEL]))


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Say in one sentence what the engine refused."""
    try:
        yield
    except _PROBLEMS as problem:
        raise LabError(f"the Docker Engine {what}: {trouble.in_short(problem)}") from problem


def _client(timeout_seconds: float) -> Any:
    ssh = (os.environ.get("DOCKER_HOST") or "").startswith("ssh://")
    return docker.from_env(timeout=timeout_seconds, use_ssh_client=ssh).api


def _plain(base_url: str) -> str:
    """docker-py names a unix socket by a made-up URL."""
    return DEFAULT_SOCKET if base_url.startswith("http+docker:") else base_url


def _api_version(version: Mapping[str, Any]) -> tuple[int, ...]:
    with contextlib.suppress(ValueError):
        return tuple(int(part) for part in str(version.get("ApiVersion", "0")).split("."))
    return (0,)


def _tar(files: Mapping[str, bytes]) -> bytes:
    """Files as a tar that is the same whenever they are (the engine's build cache goes by it)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
