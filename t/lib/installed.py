# SPDX-License-Identifier: MIT
"""A daemon that is upgraded from one binary to the next: its file, its commands, whoever is master at the time."""
import os
import shutil
import stat

from . import daemon as module
from . import proc
from .daemon import BINARY, Daemon, run
from .wait import SLOW, wait_until


class Installed(Daemon):
    """A daemon that runs from a copy of the binary, whose place another one can take."""

    def __init__(self, config, tmp_path, **options):
        self.binary = os.path.join(tmp_path, "pointsman")
        shutil.copy(BINARY, self.binary)
        self.pid_path = os.path.join(tmp_path, "pid")
        real, module.BINARY = module.BINARY, self.binary
        try:
            super().__init__(dict(config, pid=self.pid_path), **options)
        finally:
            module.BINARY = real
        assert wait_until(lambda: '"started"' in self.log)

    def install(self, text=None):
        """Another file under the same name: a script, or the binary once more."""
        new = self.binary + ".new"
        if text is None:
            shutil.copy(BINARY, new)
        else:
            with open(new, "w") as f:
                f.write(text.replace("REAL", BINARY))
            os.chmod(new, 0o755 | stat.S_IXUSR)
        os.rename(new, self.binary)

    def command(self, word, wait=60):
        return run("-s", word, "--wait=%ds" % (wait * SLOW), "-c", self.path, cwd=self.folder, timeout=90)

    def master(self):
        with open(self.pid_path) as f:
            return int(f.read())

    def masters(self):
        return [p for p in self.processes() if "master process" in proc.title(p)]

    def stop(self, judge=True):
        """Whoever serves now is asked to end; the first master may have gone, as it should, or be about to."""
        if not self.ended:
            try:
                present = self.master()
            except (OSError, ValueError):
                present = self.pid
            if present != self.pid:
                try:
                    os.kill(present, self.stop_signal)
                except OSError:
                    pass
            if self.process.poll() is not None:
                self.exits = self.process.poll()
        super().stop(judge)
