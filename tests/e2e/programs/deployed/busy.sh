# Busy the first times, which it knows by what it has left beside the folders of items.
echo x >> "$3"
test "$(wc -l < "$3")" -gt 3 || exit 75
cp "$1" "$2/copy.txt"
