"""Runs proofs and tells, one line each, what came of them."""

import re
import time
import traceback

from kit import engine

LOGS = engine.TARGET / "logs"


class Report:
    def __init__(self):
        self.rows = []
        self.begin = time.monotonic()

    def clear(self):
        """Removes the logs of the last time."""
        LOGS.mkdir(parents=True, exist_ok=True)
        for log in LOGS.iterdir():
            log.unlink()

    def prove(self, name, proof, *arguments):
        """Runs a proof; what it ran and saw is kept where it failed."""
        engine.transcript.clear()
        begin = time.monotonic()
        try:
            proof(*arguments)
            message = None
        except engine.Failure as failure:
            message = str(failure)
        except Exception:
            message = traceback.format_exc()
        seconds = time.monotonic() - begin
        if message is not None:
            return self.fail(name, message, seconds)
        self.rows.append((name, True, seconds))
        print(f"ok     {seconds:7.1f} s  {name}", flush=True)
        return True

    def fail(self, name, message, seconds=0):
        self.rows.append((name, False, seconds))
        log = LOGS / (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".log")
        log.write_text(message + "\n\n" + "\n".join(engine.transcript))
        print(f"FAILED {seconds:7.1f} s  {name}")
        print("    " + message.strip().replace("\n", "\n    "))
        print(f"    all of it: {log.relative_to(engine.ROOT)}", flush=True)
        return False

    def scenario(self, name, scenario):
        """Runs the proofs of a scenario; one that cannot even be set up or cleared away has failed too."""
        rows = len(self.rows)
        try:
            scenario(self)
        except engine.Failure as failure:
            self.fail(f"{name}: could not be prepared", str(failure))
        else:
            if len(self.rows) == rows:
                self.fail(f"{name}: proves nothing", "no proof was run")

    def close(self):
        """The plain closing line, and the exit code."""
        failed = [name for name, passed, _ in self.rows if not passed]
        proofs = sum(seconds for _, _, seconds in self.rows)
        print(f"\n{time.monotonic() - self.begin:.0f} s for {proofs:.0f} s of proofs")
        for name in failed:
            print(f"failed: {name}")
        print(f"{len(self.rows) - len(failed)} passed, {len(failed)} failed")
        return 1 if failed or not self.rows else 0
