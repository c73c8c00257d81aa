from pathlib import Path

from PIL import Image, ImageOps


def thumbnail(file: Path, folder: Path, width: str) -> None:
    with Image.open(file) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")  # upright, and without transparency
        small.thumbnail((int(width), int(width)))
        small.save(folder / "small.jpg", quality=85)
