"""What the pages show, read and put in order: no money is added up here, see ``funding/rollups.py``."""
