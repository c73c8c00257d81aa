# Ends the whole instance, as one does that takes all of its memory.
case "$3" in *fatal*) kill -9 "$(awk '/^PPid/ {print $2}' "/proc/$PPID/status")"; sleep 5 ;; esac
cp "$1" "$2/copy.txt"
