# All files in their order. The first run of a batch fails, where that is asked for by a word.
set -e
if [ "$4" != never ] && mkdir "/tmp/ossferry-fails-$4" 2> "$TMPDIR/said"; then
    echo "not yet" >&2
    exit 1
fi
cat "$1"/*.txt > "$3/all.txt"
cp "$2" "$3/list.jsonl"
