"""The secret of an installation that was given none: made once, kept to its owner, refused with a reason."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from crp.common.secret import read_or_make_secret


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / ".secret-key"
    first = read_or_make_secret(path)
    assert len(first) >= 50
    assert read_or_make_secret(path) == first == path.read_text()


def test_every_installation_makes_its_own(tmp_path: Path) -> None:
    assert read_or_make_secret(tmp_path / "a") != read_or_make_secret(tmp_path / "b")


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".secret-key"
    read_or_make_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    read_or_make_secret(tmp_path / ".secret-key")
    assert [path.name for path in tmp_path.iterdir()] == [".secret-key"]


def test_workers_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from crp.common.secret import read_or_make_secret;"
        "print(read_or_make_secret(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / ".secret-key")]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    secrets = {worker.communicate()[0].strip() for worker in workers}
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 50


def test_a_key_that_was_put_there_is_used(tmp_path: Path) -> None:
    path = tmp_path / ".secret-key"
    path.write_text("given by the administrator\n")
    assert read_or_make_secret(path) == "given by the administrator"


@pytest.mark.parametrize("content", ["", " \n\t\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / ".secret-key"
    path.write_text(content)
    with pytest.raises(ImproperlyConfigured, match=r"\.secret-key is empty: delete it, or set SECRET_KEY"):
        read_or_make_secret(path)
    assert path.read_text() == content


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Set SECRET_KEY: key can't be written \(No such file"):
        read_or_make_secret(tmp_path / "nowhere" / "key")


def test_a_file_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.mkdir()
    with pytest.raises(ImproperlyConfigured, match=r"Set SECRET_KEY: key can't be read"):
        read_or_make_secret(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ImproperlyConfigured, match=r"Set SECRET_KEY: key can't be written \(Permission denied"):
        read_or_make_secret(tmp_path / "key")
