"""Fields: which names hold media, captions, addresses, hashes and labels, in columns and in sidecars alike.

The defaults are the names that the common writers use; an option replaces them for one role.
Source: img2dataset's output columns; LAION-400M/5B metadata; Hugging Face `Image` and `ImageFolder` features.
"""

from dataclasses import dataclass

from safehold.vocabulary import Algorithm


@dataclass(frozen=True, slots=True)
class Fields:
    """Names by role, compared without regard to case; in a shard of a table they are the table's own spellings.

    Attributes:
        media: bytes, or a struct of bytes and path.
        path: where the media file is, relative to the dataset's root.
        caption: text to be screened.
        url: the address the media came from.
        md5: the hash of the original bytes, hexadecimal; likewise `sha1` and `sha256`.
        label: numbers, or yes and no, that a policy may map to a concept.
        mapped: further labels, which a policy maps; unlike the others they may be missing though they were named.
        tags: further captions, likewise: words, or lists of words.
    """

    media: tuple[str, ...] = (
        "image", "img", "jpg", "jpeg", "png", "webp", "bytes", "image_bytes", "video", "mp4", "audio",
    )  # fmt: skip
    path: tuple[str, ...] = (
        "file_name", "filename", "path", "filepath", "file_path", "image_path", "image", "file", "video",
    )  # fmt: skip
    caption: tuple[str, ...] = (
        "caption", "captions", "text", "txt", "prompt", "alt", "alt_text", "title", "description", "conversations",
        "messages", "top_caption", "all_captions",
    )  # fmt: skip
    url: tuple[str, ...] = ("url", "image_url", "src", "source_url")
    md5: tuple[str, ...] = ("md5", "image_md5", "hash_md5")
    sha1: tuple[str, ...] = ("sha1", "image_sha1", "hash_sha1")
    sha256: tuple[str, ...] = ("sha256", "image_sha256", "hash_sha256")
    label: tuple[str, ...] = ("punsafe", "p_unsafe", "nsfw", "nsfw_score", "unsafe", "adult", "cls")
    mapped: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Every name of a label."""
        return (*self.label, *self.mapped)

    @property
    def captions(self) -> tuple[str, ...]:
        """Every name of a text to be screened."""
        return (*self.caption, *self.tags)

    @property
    def hashes(self) -> tuple[tuple[Algorithm, tuple[str, ...]], ...]:
        """The names of each cryptographic hash."""
        return ((Algorithm.MD5, self.md5), (Algorithm.SHA1, self.sha1), (Algorithm.SHA256, self.sha256))


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a user may say about the sources.

    Attributes:
        fields: names by role.
        slice_files: media files in one slice of a folder.
        shard_rows: rows after which a table becomes several shards, where its row groups allow it.
        metadata_rows: the same for metadata without media, whose rows cost far less.
    """

    fields: Fields = Fields()
    slice_files: int = 2000
    shard_rows: int = 10_000
    metadata_rows: int = 1_000_000
