"""One image file as numbers: PNG or JPEG, decoded only after its size was looked at."""

from __future__ import annotations

import warnings
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from market.data.inputs import Image

FORMATS = ("PNG", "JPEG")
SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_PIXELS = 2**26
"""Of one image file: more than cameras make, and 256 MB decoded."""
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK")
"""Those of 8 bits a channel; deeper ones would be cut off, not scaled."""
_ORIENTATION = 0x0112


class UnfitError(Exception):
    """An image that does not fit.

    Args:
        found: what it is.
        expected: what it should be.
        remedy: what its owner can do.
    """

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.expected, self.remedy = found, expected, remedy


def read_picture(file: BinaryIO, want: Image) -> npt.NDArray[np.float32]:
    """(channels, height, width) in [0, 1].

    Turned as its camera says; grey by the luma of ITU-R BT.601, colours of a grey image alike;
    other sizes brought to this one by bilinear filtering where the project says so.

    Raises:
        UnfitError: it is no such image, damaged, too large, animated, see-through, of more than 8
            bits, or of another size that may not be changed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            image = Pillow.open(file, formats=FORMATS)
        with image:
            pixels = _decode(image, want)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise _too_large() from error
    except UnfitError:
        raise
    except UnidentifiedImageError as error:
        raise UnfitError("it is neither PNG nor JPEG", "a PNG or JPEG", "save it anew") from error
    # Damaged files raise almost anything: from struct, zlib and Pillow's many plugins.
    except Exception as error:
        said = " ".join(str(error).split())[:100]
        raise UnfitError(
            f"it cannot be decoded: {said}", "a PNG or JPEG", "save it anew"
        ) from error
    array = np.asarray(pixels, dtype=np.float32) / np.float32(255)
    return array[None] if want.channels == 1 else array.transpose(2, 0, 1)


def _decode(image: Pillow.Image, want: Image) -> Pillow.Image:
    """Nothing is unpacked before sizes and modes were looked at."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if image.mode not in _MODES:
        raise UnfitError(f"pixels of mode {image.mode}", "8 bits a channel", "convert it to 8 bits")
    # Telephones add a second picture to a JPEG; the first is what was seen.
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise UnfitError("it is animated", "one picture", "save one of its frames")
    if image.getexif().get(_ORIENTATION, 1) >= 5:  # lying on its side
        width, height = height, width
    other = (width, height) != (want.width, want.height)
    if other and not want.resize:
        raise UnfitError(
            f"it is {width} x {height} pixels",
            f"{want.width} x {want.height}",
            "resize it, or leave it out",
        )
    image.load()
    upright = _opaque(ImageOps.exif_transpose(image))
    pixels = upright.convert("L" if want.channels == 1 else "RGB")
    if other:
        pixels = pixels.resize((want.width, want.height), Pillow.Resampling.BILINEAR)
    return pixels


def _too_large() -> UnfitError:
    return UnfitError("it is too large", f"at most {MAX_PIXELS} pixels in all", "make it smaller")


def _opaque(image: Pillow.Image) -> Pillow.Image:
    """What lies below see-through pixels is not seen by people, and must not be trained on."""
    if not image.has_transparency_data:
        return image
    full = image.convert("RGBA")
    lowest, _ = full.getchannel("A").getextrema()
    if lowest != 255:
        raise UnfitError("parts of it are see-through", "none", "flatten it onto a background")
    return full
