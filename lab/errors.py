"""What can go wrong, each as one clear sentence for the user: what, where, and what to do."""


class LabError(Exception):
    """The base of all errors that are shown as one sentence instead of a traceback."""


class UsageError(LabError):
    """The caller asked for something that can't be (an unknown name, a malformed value)."""


class LabSick(LabError):
    """The lab did not do what it must: nothing can be concluded from it."""


class RegistrarRefused(LabError):
    """The registrar does not take what was submitted."""


class Stopped(LabError):
    """A tool or a check of a procedure says no: who follows the procedure goes no further."""


class EngineMissing(LabError):
    """No Docker Engine answers."""


class EngineForbidden(LabError):
    """A Docker Engine is there and may not be used."""


class EngineTooOld(LabError):
    """The Docker Engine is older than what labs need."""


class ImageMissing(LabError):
    """An image of ours has not been built yet."""


class BuildFailed(LabError):
    """An image could not be built."""
