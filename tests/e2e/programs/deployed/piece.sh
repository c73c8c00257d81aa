# Two outputs of an item: its text, and how long that is.
case "$(cat "$1")" in bad*) echo "it is bad" >&2; exit 3 ;; esac
cat "$1" > "$2/text.txt"
wc -c < "$1" > "$2/length.txt"
