"""One file a version; a published one is never edited, only followed."""
