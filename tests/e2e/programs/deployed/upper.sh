set -e
sleep "$3"
case "$5" in *"$4"*) echo "it is bad" >&2; exit 3 ;; esac
tr a-z A-Z < "$1" > "$2/upper.txt"
wc -c < "$1" > "$2/count.txt"
