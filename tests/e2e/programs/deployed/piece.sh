# Two outputs of an item: its text, and how long that is.
cat "$1" > "$2/text.txt"
wc -c < "$1" > "$2/length.txt"
