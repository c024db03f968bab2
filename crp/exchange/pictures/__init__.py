"""Charts that leave the site: as pictures, as tables, in frames of other sites and in link previews."""
