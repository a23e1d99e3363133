from pathlib import Path

import pytest

from deploy.local.errors import LocalStackError
from deploy.local.ownership import LOCK_NAME, is_owned, sole_owner


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()

    with pytest.raises(LocalStackError, match="chown"), sole_owner(tmp_path):
        pass


def test_an_owner_is_seen_until_it_leaves(tmp_path: Path) -> None:
    with sole_owner(tmp_path):
        assert is_owned(tmp_path)

    assert not is_owned(tmp_path)
