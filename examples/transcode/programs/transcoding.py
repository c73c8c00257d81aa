"""Videos in other formats, by ffmpeg: one file, or segments with a playlist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# That of the layer first: runtimes have one of their own, of a version that nobody names.
FFMPEG = next(each for each in ("/opt/bin/ffmpeg", "/usr/bin/ffmpeg") if Path(each).exists())
FORMATS = {"mkv": "matroska"}  # those that ffmpeg calls otherwise
# It asks nothing, stops at the first error, and an input cannot make it read anything but files.
INPUT = [FFMPEG, "-nostdin", "-hide_banner", "-xerror", "-protocol_whitelist", "file", "-i"]
REPORT = ["-nostats", "-loglevel", "warning", "-progress", "pipe:1"]


def transcode(file: Path, folder: Path, format: str) -> int:
    """One file, whose name is the format, because that becomes the suffix of its key."""
    return _run(file, ["-f", FORMATS.get(format, format), str(folder / format)])


def hls(file: Path, folder: Path, seconds: str) -> int:
    """Segments of so many seconds, in one pass; ossferry stores the playlist after them."""
    codecs = [
        "-c:v",
        "libx264",
        "-c:a",
        "aac",
        "-force_key_frames",
        f"expr:gte(t,n_forced*{seconds})",
    ]
    segments = ["-hls_time", seconds, "-hls_segment_filename", str(folder / "%05d.ts")]
    kind = ["-f", "hls", "-hls_playlist_type", "vod"]
    return _run(file, [*codecs, *kind, *segments, str(folder / "playlist.m3u8")])


def _run(file: Path, output: list[str]) -> int:
    """ffmpeg's exit code; meanwhile, its progress in ossferry's words."""
    total = _duration(file)
    with subprocess.Popen(
        [*INPUT, str(file), *REPORT, *output], stdout=subprocess.PIPE, text=True
    ) as ffmpeg:
        for line in ffmpeg.stdout or ():
            found = re.match(r"out_time_us=(\d+)", line)
            if found and total:
                print(f"progress {min(1.0, int(found[1]) / 1e6 / total):.3f}", flush=True)
    return ffmpeg.returncode


def _duration(file: Path) -> float | None:
    """In seconds, as ffmpeg tells when it is asked for nothing else; None if it cannot tell."""
    told = subprocess.run([*INPUT, str(file)], stderr=subprocess.PIPE, check=False).stderr
    found = re.search(rb"Duration: (\d+):(\d\d):(\d\d\.\d+)", told)
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None
