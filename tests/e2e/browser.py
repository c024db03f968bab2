"""The browser that the tests drive: ``python -m tests.e2e.browser`` makes sure that there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "The browser tests need Chromium: install it, for example with “apt-get install chromium”."


def find_system_browser() -> str | None:
    """Return the path of the Chromium that the system has, or None."""
    return next(filter(None, map(shutil.which, COMMANDS)), None)


def has_browser() -> bool:
    """Return whether there is a Chromium, the system's or one that Playwright has downloaded."""
    if find_system_browser():
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def launch_arguments() -> list[str]:
    """Return the switches for a browser that talks to nobody but the tests."""
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-default-browser-check",
        "--no-first-run",
        "--no-proxy-server",
    ]
    # Chromium's sandbox can't be built by root; the pages it opens here are the project's own.
    return [*quiet, "--no-sandbox"] if os.geteuid() == 0 else quiet


def main() -> int:
    """Return 0 where a browser is there, after downloading one where it was not."""
    if has_browser():
        return 0
    sys.stdout.write("No Chromium found; Playwright tries to download one ...\n")
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False, text=True
    )
    if done.returncode == 0 and has_browser():
        return 0
    sys.stderr.write(f"{MISSING}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
