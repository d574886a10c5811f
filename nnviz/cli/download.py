"""``--download``: fetch the data of a preset before anything else, with a progress bar."""

from __future__ import annotations

from argparse import Namespace

from tqdm import tqdm

from nnviz.cli.errors import FAILED, CommandError
from nnviz.core.catalogue import Catalogue
from nnviz.core.spec import Preset
from nnviz.engine.datasets.mnist import download
from nnviz.engine.datasets.places import DataError, DataPlaces


def download_if_asked(arguments: Namespace, preset: Preset, known: Catalogue) -> None:
    """Fetch what is not in the cache yet, if ``--download`` was given and the data set needs it.

    Raises
    ------
    CommandError
        If that fails.
    """
    if not arguments.download or not known.dataset(preset.data.name).needs_download:
        return
    with tqdm(unit="B", unit_scale=True, disable=None, leave=False) as bar:

        def progress(name: str, done: int, total: int) -> None:
            bar.set_description(name, refresh=False)
            bar.total, bar.n = total or None, done
            bar.refresh()

        try:
            download(DataPlaces.from_environment(arguments.data_dir).cache, progress, lambda: False)
        except DataError as error:
            raise CommandError(str(error), FAILED) from error
