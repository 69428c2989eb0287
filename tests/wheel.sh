#!/bin/sh
# Build the wheel, install it without extras into an empty environment, and see it verify without torch.
# Called by `make wheel`, which sets BIN (with the build package) and PYTHON.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$BIN/python" -m build --wheel --outdir "$work/dist" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$PYTHON" -m venv "$work/env"
"$work/env/bin/pip" install --quiet --no-compile --constraint constraints.txt "$work"/dist/touchmark-*.whl

# What stands in the tree must stand in the wheel too: one sealed file made here, verified there.
TOUCHMARK_HOME="$work/home" "$BIN/touchmark" keys init >/dev/null 2>&1
TOUCHMARK_HOME="$work/home" "$BIN/touchmark" generate "a red circle moves left to right over a blue background" \
    --output "$work/made.mp4" >/dev/null

cd "$work" # away from the source tree: only the installed package can be imported
"$work/env/bin/python" - <<'PYTHON'
import importlib.util
from pathlib import Path

import touchmark

assert importlib.util.find_spec("torch") is None, "torch came in without an extra"
package = Path(touchmark.__file__).parent
assert not package.is_symlink() and not any(path.is_symlink() for path in package.rglob("*")), "the wheel holds links"
assert touchmark.screen("a red circle moves left to right over a blue background").action == "allow"
PYTHON
TOUCHMARK_HOME="$work/home" "$work/env/bin/touchmark" verify "$work/made.mp4"
status=0
TOUCHMARK_HOME="$work/home" "$work/env/bin/touchmark" generate "a red circle" --output "$work/none.mp4" 2>"$work/error" || status=$?
test "$status" -eq 70 && grep -q 'touchmark\[generate\]' "$work/error" || {
    echo "without the generate extra, generate must say which extra it wants (exit $status):" && cat "$work/error" && exit 1
}
echo "wheel: ok"
