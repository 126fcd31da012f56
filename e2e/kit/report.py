"""Runs proofs and tells, one line each, what came of them."""

import re
import time
import traceback

from kit import engine

LOGS = engine.TARGET / "logs"


class Report:
    def __init__(self):
        self.rows = []
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
        self.rows.append((name, message is None, seconds))
        print(f"{'ok    ' if message is None else 'FAILED'} {seconds:7.1f} s  {name}", flush=True)
        if message is not None:
            log = LOGS / (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".log")
            log.write_text(message + "\n\n" + "\n".join(engine.transcript))
            print("    " + message.strip().replace("\n", "\n    "))
            print(f"    all of it: {log.relative_to(engine.ROOT)}", flush=True)
        return message is None

    def close(self):
        """The plain closing line, and the exit code."""
        failed = [name for name, passed, _ in self.rows if not passed]
        total = sum(seconds for _, _, seconds in self.rows)
        print(f"\n{total:.0f} s in proofs")
        for name in failed:
            print(f"failed: {name}")
        print(f"{len(self.rows) - len(failed)} passed, {len(failed)} failed")
        return 1 if failed or not self.rows else 0
